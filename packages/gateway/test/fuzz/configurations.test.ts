import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/canonical/clock.ts';
import { ConfigError, type LoadedConfig } from '../../src/config/gateway-config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { providerDefinitions } from '../../src/providers/registry.gen.ts';
import { compileRoutes } from '../../src/runtime.ts';
import { patience, runs } from './runs.ts';

const examples = resolve(import.meta.dirname, '../../../../examples');

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'llm-gateway-fuzz-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Loads a text as a file of that name; whatever is no configuration must say so in the one way that is meant for it. */
async function load(name: string, text: string, env: Record<string, string> = {}): Promise<LoadedConfig | undefined> {
  const file = join(directory, name);
  await writeFile(file, text);
  try {
    const loaded = await loadConfig({
      flags: { config: file },
      env,
      workingDirectory: directory,
      homeDirectory: directory,
      providerVariables: providerDefinitions,
    });
    compileRoutes(loaded, systemClock);
    return loaded;
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems.length).toBeGreaterThan(0);
    for (const { message } of (error as ConfigError).problems) expect(message).not.toBe('');
    return undefined;
  }
}

async function exampleTexts(extension: string): Promise<string[]> {
  const names = (await readdir(examples)).filter((name) => name.endsWith(extension));
  return Promise.all(names.map((name) => readFile(join(examples, name), 'utf8')));
}

const keys = [
  'server',
  'host',
  'port',
  'backends',
  'url',
  'models',
  'model_name',
  'providers',
  'name',
  'api_base',
  'api_key',
  'kind',
  'weight',
  'routing',
  'rules',
  'condition',
  'strategy',
  'queue',
  'rate_limit',
  'security',
  'validation',
  'headers',
  'resilience',
  'retry',
  'auth',
  'keys',
  'proxy',
  'deny',
  '__proto__',
  'constructor',
  'toString',
];
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    'http://127.0.0.1:1',
    'https://provider.test/v1',
    `$${'{NONE}'}`,
    `$${'{A:-b}'}`,
    '$',
    -1,
    0,
    1e300,
    '8080',
    true,
    null,
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.double(),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    leaf,
    fc.dictionary(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...keys) },
        { weight: 1, arbitrary: fc.string({ maxLength: 5 }) },
      ),
      tie('tree'),
      { maxKeys: 5 },
    ),
    fc.array(tie('tree'), { maxLength: 3 }),
  ),
}));

/** A text with some of it cut out, doubled or replaced. */
const mutationOf = (texts: readonly string[]) =>
  fc
    .tuple(
      fc.constantFrom(...texts),
      fc.array(
        fc.tuple(
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.nat(30),
          fc.oneof(
            fc.string({ unit: 'binary', maxLength: 6 }),
            fc.constantFrom(
              '',
              ' ',
              '\n',
              '\t',
              '- ',
              ': ',
              '[',
              '{',
              '"',
              "'",
              '${',
              '=',
              '&a *a',
              '!!js/function',
              '\0',
            ),
          ),
        ),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
    )
    .map(([text, edits]) => {
      let mutated = text;
      for (const [place, length, inserted] of edits) {
        const start = Math.floor(place * mutated.length);
        mutated = mutated.slice(0, start) + inserted + mutated.slice(start + length);
      }
      return mutated;
    });

describe('any text as a configuration', () => {
  it.each(['.yaml', '.toml', '.json', '.env'])(
    'is one, or an error that says where: %s',
    async (extension) => {
      const texts = [
        ...(await exampleTexts(extension)),
        'A=b\n',
        '{"server":{"port":1}}',
        '[server]\nport = 1\n',
        'server:\n  port: 1\n',
      ];
      const input = fc.oneof(mutationOf(texts), fc.string({ unit: 'binary', maxLength: 80 }), fc.json());
      await fc.assert(
        fc.asyncProperty(input, async (text) => {
          await load(extension === '.env' ? '.env' : `fuzz${extension}`, text);
        }),
        runs(120),
      );
    },
    patience(20_000),
  );

  it(
    'is one, or an error that says where: known keys in unknown places',
    async () => {
      const document = fc.dictionary(fc.constantFrom(...keys), tree, { maxKeys: 6 });
      await fc.assert(
        fc.asyncProperty(document, async (value) => {
          await load('fuzz.json', JSON.stringify(value));
        }),
        runs(250),
      );
    },
    patience(20_000),
  );

  it(
    'is one, or an error that says where: settings in the environment',
    async () => {
      const names = [
        'SERVER_PORT',
        'SERVER_HOST',
        'LOG_LEVEL',
        'RUST_LOG',
        'OPENAI_API_KEY',
        'OPENAI_BASE_URL',
        'METRICS_PORT',
        'GATEWAY_STRATEGY',
        'VLLM_BACKENDS',
        'RATE_LIMIT_RPM',
      ];
      const value = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 20 }),
        fc.constantFrom('1', '-1', 'true', 'http://x', 'a=b,c', '[]'),
      );
      await fc.assert(
        fc.asyncProperty(fc.dictionary(fc.constantFrom(...names), value), async (env) => {
          await load('fuzz.yaml', 'server: { port: 0 }\n', env);
        }),
        runs(150),
      );
    },
    patience(20_000),
  );
});
