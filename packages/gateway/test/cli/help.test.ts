import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/canonical/clock.ts';
import { listCompletionPaths, readCompletionTree } from '../../src/cli/completion-tree.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { createProgram } from '../../src/cli/program.ts';
import { createSession } from '../../src/cli/session.ts';
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts';
import { runCli, splitWords } from './run-cli.ts';

// What these examples start has tests of its own; here it only has to be reached.
vi.mock('../../src/server/run.ts', () => ({ startFromCommandLine: () => Promise.resolve(0) }));
vi.mock('@llm-gateway/simulator', () => ({ runCommandLine: () => Promise.resolve(0) }));

const program: Command = createProgram(
  createSession({
    stdout: { write: () => true },
    stderr: { write: () => true },
    stdin: { async *[Symbol.asyncIterator]() {} },
    env: {},
    cwd: '/',
    homeDirectory: '/',
    signal: new AbortController().signal,
    fetch: globalThis.fetch,
    isTerminal: false,
    clock: systemClock,
  }),
);
const paths = listCompletionPaths(readCompletionTree(program)).map(({ words, command }) => ({
  words,
  command,
  name: ['llm-gateway', ...words].join(' '),
}));

let gateway: FakeGateway;
let folder: string;
beforeAll(async () => {
  gateway = await startFakeGateway();
  folder = mkdtempSync(join(tmpdir(), 'llm-gateway-cli-'));
  writeFileSync(join(folder, 'config.yaml'), 'server:\n  port: 8080\nbackends:\n  - url: http://127.0.0.1:9\n');
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

const helpOf = async (words: readonly string[]) => (await runCli([...words, '--help'])).stdout;

describe.each(paths)('$name --help', ({ words, command }) => {
  it('is the same by every way of asking', async () => {
    const asked = await runCli([...words, '--help']);
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect((await runCli([...words, '-h'])).stdout).toBe(asked.stdout);
    expect(JSON.parse((await runCli(['--json', ...words, '--help'])).stdout)).toEqual({
      success: true,
      data: { help: asked.stdout.trimEnd() },
    });
  });

  it('describes every option and operand', async () => {
    const help = await helpOf(words);
    for (const { long, description } of command.options) {
      expect(help).toContain(long);
      expect(description).not.toBe('');
    }
  });

  it('has examples, and they run', async () => {
    const lines = exampleLines(await helpOf(words));
    expect(lines.length).toBeGreaterThan(0);
    if (words[0] === 'db' || words[0] === 'audit') await migrateAnew();
    for (const line of lines) {
      const result = await runExample(line);
      expect({ line, ...result }).toMatchObject({ line, code: 0 });
    }
  });
});

/** Examples of other commands undo migrations and leave an empty one. */
async function migrateAnew(): Promise<void> {
  rmSync(join(folder, 'migrations'), { recursive: true, force: true });
  await runCli(['migrate', 'run'], { cwd: folder });
}

function exampleLines(help: string): string[] {
  const section = help.split('\nExamples:\n')[1]?.split('\n\n')[0] ?? '';
  return section
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Runs a line such as `echo "text" | llm-gateway chat > file`; what would be written to the file is left out. */
function runExample(line: string) {
  const [command = '', piped] = line.split(' | ').reverse();
  const [name, ...argv] = splitWords(command.replace(/ >>? \S+$/, ''));
  expect(name).toBe('llm-gateway');
  const stdin = piped === undefined ? {} : { stdin: `${splitWords(piped).slice(1).join(' ')}\n` };
  return runCli(argv, { env: { GATEWAY_URL: gateway.url }, cwd: folder, ...stdin });
}

describe('the documented flags', () => {
  const globals = ['-v, --verbose', '--json', '-u, --url <URL>', '-k, --api-key <API_KEY>', '-h, --help'];

  it.each([
    [[], ['-V, --version', '[default: http://localhost:8080]']],
    [
      ['start'],
      [
        '-c, --config <FILE>',
        /-p, --port <PORT>.*\[default: 8080\]/,
        /-H, --host <HOST>.*\[default: 0\.0\.0\.0\]/,
        '--workers <N>',
        /--metrics-port <PORT>.*\[default: 9090\]/,
      ],
    ],
    [['health'], ['--detailed', /--timeout <SECS>.*\[default: 10\]/]],
    [['models'], ['-p, --provider <NAME>', '--capabilities']],
    [
      ['chat'],
      [
        '[MESSAGE]',
        /-m, --model <MODEL>.*\[default: gpt-4o\]/,
        '-s, --system <PROMPT>',
        '--stream',
        /--temperature <T>.*\[default: 0\.7\]/,
        '--max-tokens <N>',
      ],
    ],
    [
      ['latency'],
      ['-p, --provider <NAME>', '-m, --model <MODEL>', /-w, --window <TIME>.*\[default: 1h\]/s, '--percentiles'],
    ],
    [
      ['cost'],
      [
        '-p, --provider <NAME>',
        '-m, --model <MODEL>',
        '-t, --tenant <TENANT>',
        /-w, --window <TIME>.*\[default: 24h\]/s,
        /-g, --group-by <GROUP>.*"provider", "model",\s+"tenant".*"hour", "day"/s,
        '--breakdown',
      ],
    ],
    [
      ['token-usage'],
      [
        '-p, --provider <NAME>',
        '-m, --model <MODEL>',
        '-t, --tenant <TENANT>',
        /-w, --window <TIME>.*\[default: 24h\]/s,
        '-g, --group-by <GROUP>',
        '--detailed',
      ],
    ],
    [
      ['backend-health'],
      ['-p, --provider <NAME>', '--unhealthy-only', '--history', '-w, --watch', /--interval <SECS>.*\[default: 5\]/],
    ],
    [['routing-strategy'], ['show', 'rules', 'weights', 'test', 'stats']],
    [
      ['routing-strategy', 'test'],
      ['--model <MODEL>', '--tenant <TENANT>'],
    ],
    [['config'], ['show', 'validate', 'generate']],
    [['validate'], ['<CONFIG_FILE>', '--strict']],
    [['info'], ['--detailed']],
    [['completions'], ['<SHELL>', 'bash', 'zsh', 'fish', 'powershell']],
  ])('of %j are in its help', async (words, expected) => {
    const help = await helpOf(words);
    for (const text of [...globals, ...expected]) {
      if (typeof text === 'string') expect(help).toContain(text);
      else expect(help).toMatch(text);
    }
  });

  it('are no values: what was not given stays unset', () => {
    const visit = (command: Command): void => {
      expect(command.opts()).toEqual({});
      command.commands.forEach(visit);
    };
    visit(program);
  });

  it('take a value in every command or in none', () => {
    const kinds = new Map<string, boolean>();
    for (const { command } of paths) {
      for (const { long, short, value } of command.options) {
        for (const name of [long, short ?? long]) {
          // A window for reports, to watch for the health of backends: both are what people know them by.
          if (name === '-w') continue;
          expect(kinds.get(name) ?? value !== undefined).toBe(value !== undefined);
          kinds.set(name, value !== undefined);
        }
      }
    }
  });
});

describe('the command line', () => {
  it('lists every exit code in its help', async () => {
    const help = await helpOf([]);
    const listed = [...help.matchAll(/^ {2}(\d+) +(.+)$/gm)].map(([, code, meaning]) => [Number(code), meaning]);
    expect(listed).toEqual(Object.values(exitCodes).map(({ code, meaning }) => [code, meaning]));
  });

  it('has the commands of this version and no others', () => {
    const names =
      'start health models chat latency cost token-usage backend-health keys routing-strategy cache-status config validate info migrate db audit completions simulate help';
    expect(program.commands.map((command) => command.name())).toEqual(names.split(' '));
  });

  it('explained only the first word after `help`', async () => {
    expect(await runCli(['help', 'keys', 'rotate'])).toEqual(await runCli(['keys', 'rotate', '--help']));
    expect(await runCli(['help'])).toEqual(await runCli(['--help']));
    expect(await runCli(['help', 'keys', '--json'])).toEqual(await runCli(['keys', '--help', '--json']));
  });

  it('prints its version', async () => {
    expect(await runCli(['-V'])).toEqual({ code: 0, stdout: '0.0.0-test\n', stderr: '' });
    const { stdout } = await runCli(['--json', '--version']);
    expect(JSON.parse(stdout)).toEqual({ success: true, data: { version: '0.0.0-test' } });
  });

  it.each([
    [['helth'], 'Did you mean health?'],
    [['health', '--detaild'], 'Did you mean --detailed?'],
    [['config'], 'Usage: llm-gateway config'],
    [['config', 'nonsense'], 'unknown command'],
    [['nosuch', '--prot'], 'Add --help to see what is understood.\n'],
    [['models', 'surplus'], 'too many arguments'],
    [['help', 'nosuch'], "unknown command 'nosuch'"],
    [['help', 'keys', 'nosuch'], "unknown command 'nosuch'"],
    [['validate'], 'missing required argument'],
    [['health', '--timeout', 'soon'], 'It must be a number'],
    [['start', '--port', '70000'], 'from 0 to 65535'],
    [['start', '--workers', '0'], 'from 1 to'],
    [['start', '--log-level', 'loud'], 'Allowed choices'],
    [['completions', 'tcsh'], 'Allowed choices'],
    [['config', 'generate', '--format', 'ini'], 'Allowed choices'],
  ])('refuses %j with exit code 2', async (argv, said) => {
    const { code, stdout, stderr } = await runCli(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(said);
    const json = await runCli(['--json', ...argv]);
    expect(json).toMatchObject({ code: 2, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ success: false, error: { code: 'usage', exit_code: 2 } });
  });
});
