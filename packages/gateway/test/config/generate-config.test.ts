import { describe, expect, it } from 'vitest';
import { configReference } from '../../src/config/config-reference.ts';
import { describeConfig } from '../../src/config/describe-config.ts';
import { generateConfig } from '../../src/config/generate-config.ts';
import { jsonSchema } from '../../src/config/json-schema.ts';
import { configSchema } from '../../src/config/schema.ts';
import { loadFiles } from './load-in-directory.ts';

const formats = [
  ['yaml', 'config.yaml'],
  ['toml', 'config.toml'],
  ['json', 'gateway.json'],
] as const;

/** Takes one level of comment signs off, as an operator does who wants everything. */
const uncommented = (text: string) => text.replaceAll(/^(\s*)# (?=[a-z][\w-]*( =|:)|\[|# |\s|-$)/gm, '$1');

describe('generateConfig', () => {
  it.each(formats)('writes %s that means the defaults', async (format, name) => {
    const { config, notices } = await loadFiles({ [name]: generateConfig(format) });
    expect(notices).toEqual([]);
    expect({ ...config, files: [] }).toEqual((await loadFiles({})).config);
  });

  it.each(formats.slice(0, 2))('shows every section in %s, also those that are off', async (format, name) => {
    const text = uncommented(generateConfig(format));
    const { config, notices } = await loadFiles({ [name]: text }, { env: { API_KEY: 'k' } });
    expect(notices.filter(({ message }) => message.includes('not a known key'))).toEqual([]);
    expect(config.backends).toHaveLength(1);
    expect(config.models).toHaveLength(1);
    expect(config.providers).toHaveLength(1);
    expect(config.rateLimits.map(({ rule }) => rule.id)).toContain('rate_limit');
  });
});

describe('every key of a sample', () => {
  it.each(formats.slice(0, 2))('has an example in %s that is accepted', async (format, name) => {
    let text = generateConfig(format);
    for (let before = ''; before !== text; ) {
      before = text;
      text = uncommented(text);
    }
    // Of these two a target has one.
    const withoutShadows = text.replaceAll(/^ *shadow_percent.*$/gm, '');
    const { config, notices } = await loadFiles({ [name]: withoutShadows }, { env: { API_KEY: 'k' } });
    expect(notices.filter(({ message }) => message.includes('not a known key'))).toEqual([]);
    expect(config.backends[0]).toMatchObject({ canaryPercent: 1, timeouts: { connectMs: 1000 } });
    expect(config.models[0]?.options).toMatchObject({
      stickyBy: { kind: 'conversation' },
      hedging: { percentile: 50 },
    });
    expect(config.resilience.circuitBreaker).toMatchObject({ maxOpenMs: 240_000 });
    expect(config.resilience.operationTimeouts).toHaveProperty('embeddings');
    expect(config.routing.fallbacks?.get('my-model')?.any).toEqual(['my-other-model']);
  });
});

describe('configReference', () => {
  const reference = configReference([{ name: 'alpha', environment: { apiKey: ['ALPHA_KEY'] } }]);

  it('has every section, default and variable', () => {
    for (const key of Object.keys(configSchema.shape).filter((name) => name !== '$schema')) {
      expect(reference).toContain(`## \`${key}\``);
    }
    expect(reference).toContain('| `server.port` | whole number | `8080` | Port to listen on');
    expect(reference).toContain('`models.<name>.providers[].api_base`');
    expect(reference).toContain('| ALPHA_KEY |');
  });

  it('leaves no meaning empty', () => {
    expect(reference.split('\n').filter((line) => /\|\s*\|$/.test(line))).toEqual([]);
  });
});

it('makes a JSON Schema', () => {
  expect(jsonSchema()).toMatchObject({
    type: 'object',
    properties: { server: { properties: { port: { type: 'integer', default: 8080, maximum: 65535 } } } },
  });
});

it('describes a configuration without its secrets', async () => {
  const text = `
auth: {keys: [hush-1]}
backends: [{url: "http://user:hush-2@a/v1?key=hush-3", api_key: hush-4}]
providers: {p: {api_key: hush-5, models: {a: b}}}
security: {request_signing: {secret: hush-6}}
budgets: {webhooks: [{url: "https://hooks.example.com/hush-7?hush-8", secret: hush-9-of-sixteen-characters}]}`;
  const described = describeConfig((await loadFiles({ 'config.yaml': text })).config);
  expect(JSON.stringify(described)).not.toContain('hush');
  expect(described).toMatchObject({
    auth: { keys: [{ name: 'key-1', sha256: '****' }] },
    backends: [{ apiKey: '****', url: 'http://****@a/v1?****' }],
    providers: [{ apiKey: '****', models: { a: 'b' } }],
    budgets: { webhooks: [{ url: 'https://hooks.example.com/****', secret: '****' }] },
  });
});
