import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledText } from '../../bundled-text.mjs';
import { loadConfig } from '../../src/config/load.ts';
import { providerDefinitions } from '../../src/providers/registry.gen.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { root } from '../source-tree.ts';
import { codeBlocks, pages } from './pages.ts';

/** Milliseconds that a command of a page may take. */
const patienceMs = 20_000;

/** A command that a page shows, and the configuration that it showed before. */
interface Example {
  readonly page: string;
  readonly command: string;
  readonly configuration: string | undefined;
}

const shown = pages.filter(({ path }) => path === 'README.md' || /^docs\/[^/]+$/.test(path));
const examples = shown.flatMap((page): readonly Example[] => {
  let configuration: string | undefined;
  return codeBlocks(page).flatMap(({ language, code }) => {
    if (language === 'yaml') configuration = code;
    if (language !== 'sh') return [];
    const commands = code.replaceAll('\\\n', ' ').split('\n');
    return commands
      .filter((command) => /^curl |npx llm-gateway/.test(command))
      .map((command) => ({ page: page.path, command: command.replace('npm ci && ', ''), configuration }));
  });
});
const isServer = ({ command }: Example) => /npx llm-gateway (start|simulate)/.test(command);

let folder: string;
let simulator: Simulator;
/** Without a provider, as a fresh clone starts it. */
let demo: TestGateway;
/** With a provider that serves every model. */
let gateway: TestGateway;
/** The same, whose provider has no Responses API. */
let chatOnly: TestGateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llm-gateway-examples-'));
  await build({
    entryPoints: [join(root, 'packages/gateway/src/main.ts')],
    outfile: join(folder, 'llm-gateway.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    plugins: [bundledText],
    alias: { '@llm-gateway/simulator': join(root, 'packages/simulator/src/index.ts') },
    define: { __VERSION__: JSON.stringify('0.0.0-test') },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  await mkdir(join(folder, 'bin'));
  const npx = `#!/bin/sh\nshift\nexec '${process.execPath}' '${join(folder, 'llm-gateway.mjs')}' "$@"\n`;
  await writeFile(join(folder, 'bin/npx'), npx, { mode: 0o755 });
  // A status of an error is a failure, and a command that hangs one too.
  await writeFile(join(folder, '.curlrc'), `fail\nsilent\nshow-error\nmax-time = ${patienceMs / 1000}\n`);
  simulator = await startSimulator({});
  demo = await startTestGateway({ config: {} });
  const backend = { url: simulator.url, api_key: 'provider-key', default_model: 'sim' };
  gateway = await startTestGateway({ config: { backends: [backend] } });
  chatOnly = await startTestGateway({ config: { backends: [{ ...backend, protocols: ['openai-chat'] }] } });
});

afterAll(async () => {
  await Promise.all([demo?.stop(), gateway?.stop(), chatOnly?.stop()]);
  await simulator?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A working directory as the page has led its reader to have it. */
async function workingDirectory({ configuration }: Example): Promise<string> {
  const directory = await mkdtemp(join(folder, 'cwd-'));
  await cp(join(root, 'examples'), join(directory, 'examples'), { recursive: true });
  if (configuration !== undefined) await writeFile(join(directory, 'config.yaml'), configuration);
  return directory;
}

const gatewayOf = ({ page }: Example) => {
  if (/README|getting-started/.test(page)) return demo;
  return page === 'docs/responses.md' ? chatOnly : gateway;
};

function environment(example: Example): Record<string, string> {
  const path = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`;
  const ports = { SERVER_PORT: '0', METRICS_PORT: '0' };
  return { PATH: path, HOME: folder, CURL_HOME: folder, GATEWAY_URL: gatewayOf(example).url, ...ports };
}

/** The command as it would be pasted; only host and port are the test's. */
function adapted(example: Example): string {
  return example.command
    .replaceAll('http://localhost:8080', gatewayOf(example).url)
    .replaceAll('http://localhost:8090', simulator.url)
    .replace(/--port \d+/, '--port 0');
}

const hasCurl = await promisify(execFile)('curl', ['--version']).then(
  () => true,
  () => false,
);

describe('commands of the pages', () => {
  it('are found', () => {
    expect(new Set(examples.map(({ page }) => page)).size).toBeGreaterThan(6);
    expect(examples.length).toBeGreaterThan(25);
  });

  it.skipIf(!hasCurl).each(examples.filter((example) => !isServer(example)))('$page: $command', async (example) => {
    const { stdout } = await promisify(execFile)('sh', ['-c', adapted(example)], {
      cwd: await workingDirectory(example),
      env: environment(example),
      timeout: patienceMs,
    });
    if (!example.command.includes('>')) expect(stdout).not.toBe('');
  });

  it.each(examples.filter(isServer))('$page: $command', async (example) => {
    const child = spawn('sh', ['-c', `exec ${adapted(example)}`], {
      cwd: await workingDirectory(example),
      env: environment(example),
      timeout: patienceMs,
    });
    let said = '';
    const address = new Promise<string>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text;
          const url = /(?:listens on|provider at) (http:\/\/[\w.:[\]]+)/.exec(said)?.[1];
          if (url !== undefined) resolve(url.replace('localhost', '127.0.0.1'));
        });
      }
      child.once('close', () => reject(new Error(`It ended before it listened: ${said}`)));
    });
    const ended = once(child, 'close');
    expect((await fetch(`${await address}/health`)).status).toBe(200);
    // What a person at a terminal does.
    child.kill('SIGINT');
    expect({ said, ended: await ended }).toEqual({ said: expect.anything(), ended: [0, null] });
  });
});

describe('configurations of the pages', () => {
  const configurations = shown.flatMap((page) =>
    codeBlocks(page)
      .filter(({ language }) => language === 'yaml' || language === 'toml')
      .map(({ language, code }, index) => ({ page: page.path, number: index + 1, language, code })),
  );

  it.each(configurations)('$page: number $number', async ({ language, code }) => {
    const directory = await mkdtemp(join(folder, 'configuration-'));
    const file = join(directory, `config.${language}`);
    await writeFile(file, code);
    const { notices } = await loadConfig({
      flags: { config: file, strict: true },
      env: { OPENAI_API_KEY: 'sk-example', BUDGET_WEBHOOK_SECRET: 'an example' },
      workingDirectory: directory,
      homeDirectory: directory,
      providerVariables: providerDefinitions,
    });
    expect(notices).toEqual([]);
  });
});
