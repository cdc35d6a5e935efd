import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startError } from '../../src/canonical/config-error.ts';
import { ConfigError } from '../../src/config/gateway-config.ts';
import { runCli } from './run-cli.ts';

const start = vi.hoisted(() => vi.fn());
const simulate = vi.hoisted(() => vi.fn());
vi.mock('../../src/server/run.ts', () => ({ startFromCommandLine: start }));
vi.mock('@llm-gateway/simulator', () => ({ runCommandLine: simulate }));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-gateway-start-'));
  start.mockReset().mockResolvedValue(0);
  simulate.mockReset().mockResolvedValue(0);
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...argv: string[]) => runCli(argv, { cwd: folder });
const good = 'providers:\n  openai:\n    api_key: "sk-1"\n';
const given = () => {
  const { flags, workers, verbosity } = start.mock.calls[0]?.[0] ?? {};
  return { flags, workers, verbosity };
};

describe('start', () => {
  it('hands on no flag that was not given', async () => {
    expect((await run('start')).code).toBe(0);
    expect(given()).toEqual({ flags: {}, workers: 1, verbosity: 0 });
  });

  it('hands on every flag that was', async () => {
    writeFileSync(join(folder, 'c.yaml'), good);
    const flags = '-c c.yaml -p 0 -H ::1 --workers 3 --metrics-port 0 --log-level warn --strict --open';
    await run('start', '-vv', ...flags.split(' '));
    expect(given()).toEqual({
      flags: { config: 'c.yaml', port: 0, host: '::1', metricsPort: 0, logLevel: 'warn', strict: true, open: true },
      workers: 3,
      verbosity: 2,
    });
  });

  it.each([
    ['unknown key', 'nonsense: 1'],
    ['setting', 'routing: { fallbacks: { m: [m] } }'],
    ['name that leads nowhere', 'routing: { default_provider: nobody }'],
  ])('passed over a warning with --strict that validate --strict refuses: a %s', async (_kind, line) => {
    writeFileSync(join(folder, 'c.yaml'), `${good}${line}\n`);
    const validated = await run('validate', 'c.yaml', '--strict');
    const { code, stderr } = await run('start', '-c', 'c.yaml', '--strict');
    expect({ code, stderr }).toEqual({ code: 1, stderr: validated.stderr });
    expect(start).not.toHaveBeenCalled();
    expect((await run('start', '-c', 'c.yaml')).code).toBe(0);
  });

  it.each([
    [['-v'], 'debug'],
    [['-vv'], 'trace'],
    [['-vvv'], 'trace'],
    [['-v', '--log-level', 'error'], 'error'],
  ])('reads %j as log level %s', async (argv, logLevel) => {
    await run('start', ...argv);
    expect(given().flags).toEqual({ logLevel });
  });

  it('asks for a JSON log with --json', async () => {
    await run('start', '--json');
    expect(start.mock.calls[0]?.[0].io.env).toEqual({ LOG_FORMAT: 'json' });
  });

  it('ends with the exit code of the server', async () => {
    start.mockResolvedValue(130);
    expect((await run('start')).code).toBe(130);
  });

  it('lists what is wrong with the configuration', async () => {
    const problem = { message: 'is wrong', file: 'config.yaml', line: 2, column: 3 };
    start.mockRejectedValue(new ConfigError([problem]));
    expect(await run('start')).toMatchObject({ code: 1, stderr: expect.stringContaining('config.yaml:2:3: is wrong') });
    const { code, stdout } = await run('start', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ success: false, data: { problems: [{ level: 'error', ...problem }] } });
  });

  it('called a port that is taken a configuration that is not valid', async () => {
    start.mockRejectedValue(startError('Cannot listen on 0.0.0.0:8080.'));
    const { code, stderr } = await run('start');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'error: The gateway cannot start.\n  Cannot listen on 0.0.0.0:8080.\n',
    });
  });

  it('tells what else was found, such as the misspelled name behind a missing key', async () => {
    const warning = { message: 'kye is not a known key', file: 'c.yaml', line: 3, column: 1 };
    const problem = { message: 'needs `key`', file: 'c.yaml', line: 2, column: 1 };
    start.mockRejectedValue(new ConfigError([problem], { warnings: [warning] }));
    expect((await run('start')).stderr).toContain('  c.yaml:2:1: needs `key`\n  warning: c.yaml:3:1: kye is not');
  });

  it('calls what nobody foresaw its own fault', async () => {
    start.mockRejectedValue(new Error('surprise'));
    expect(await run('start')).toMatchObject({ code: 70, stderr: expect.stringContaining('surprise') });
  });
});

describe('start left out', () => {
  it('takes a configuration file for the command', async () => {
    await run('gateway.yaml', '--port', '9000');
    expect(given().flags).toEqual({ config: 'gateway.yaml', port: 9000 });
  });

  it('takes any file that is there', async () => {
    writeFileSync(join(folder, 'settings'), '');
    await run('-v', 'settings');
    expect(given()).toMatchObject({ flags: { config: 'settings' }, verbosity: 1 });
  });

  it('takes its flags alone', async () => {
    await run('-p', '9000', 'config.toml');
    expect(given().flags).toEqual({ config: 'config.toml', port: 9000 });
  });

  it('prefers a command to a file of the same name', async () => {
    writeFileSync(join(folder, 'completions'), '');
    expect((await run('completions', 'bash')).stdout).toContain('bash completion');
    expect(start).not.toHaveBeenCalled();
  });

  it('refuses two files', async () => {
    expect((await run('a.yaml', '--config', 'b.yaml')).code).toBe(2);
  });

  it('starts beside a configuration file', async () => {
    writeFileSync(join(folder, 'config.toml'), '[server]\nport = 8000\n');
    expect((await run()).code).toBe(0);
    expect(given().flags).toEqual({});
  });

  it('starts with a broken file too, whose problems the server tells', async () => {
    writeFileSync(join(folder, 'config.yaml'), 'server: [');
    await run('-v');
    expect(start).toHaveBeenCalledOnce();
  });

  it('starts with the variables of a provider', async () => {
    await runCli([], { cwd: folder, env: { OPENAI_API_KEY: 'sk-test' } });
    expect(start).toHaveBeenCalledOnce();
  });

  it('says so when there is nothing to start', async () => {
    expect(await run()).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Nothing to start') });
    expect(JSON.parse((await run('--json')).stdout)).toMatchObject({ success: false });
    expect(start).not.toHaveBeenCalled();
  });
});

describe('simulate', () => {
  it('hands its arguments on as they are', async () => {
    await run('simulate', '--port', '0', '--api-key', 'k', '--json');
    expect(simulate.mock.calls[0]?.[0]).toEqual(['--port', '0', '--api-key', 'k', '--json']);
    await run('--json', 'simulate', '--', '--help');
    expect(simulate.mock.calls[1]?.[0]).toEqual(['--help', '--json']);
  });

  it('ends with the exit code of the simulator', async () => {
    simulate.mockResolvedValue(2);
    expect((await run('simulate')).code).toBe(2);
  });
});
