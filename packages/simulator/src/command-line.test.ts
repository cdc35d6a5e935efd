import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommandLine } from './command-line.ts';
import { scenarios } from './scenarios.ts';
import { chat } from './testing/raw-exchange.ts';

/** Runs the command; `seen` resolves when its output matches. */
function run(...argv: string[]) {
  const controller = new AbortController();
  const output = { out: '', error: '' };
  const waiting: (() => void)[] = [];
  const code = runCommandLine(argv, {
    stdout: (text) => {
      output.out += text;
      for (const check of waiting) check();
    },
    stderr: (text) => {
      output.error += text;
    },
    signal: controller.signal,
  });
  const seen = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve) => {
      const check = (): void => {
        const match = pattern.exec(output.out);
        if (match !== null) resolve(match);
      };
      waiting.push(check);
      check();
    });
  return { code, output, seen, stop: () => controller.abort() };
}

describe('llm-simulator', () => {
  it('prints help and the list', async () => {
    const help = run('--help');
    expect(await help.code).toBe(0);
    expect(help.output.out).toContain('--first-token');
    const list = run('--list');
    expect(await list.code).toBe(0);
    for (const { name, does } of scenarios) expect(list.output.out).toContain(`  ${name.padEnd(6)}${does}`);
    const json = run('--list', '--json');
    await json.code;
    expect(JSON.parse(json.output.out).scenarios).toHaveLength(scenarios.length);
  });

  it.each([['--port', 'x'], ['--port', '70000'], ['--nonsense'], ['--gap', '-1']])('refuses %s %s', async (...argv) => {
    const { code, output } = run(...argv);
    expect(await code).toBe(2);
    expect(output.error).toContain('Usage:');
  });

  it.each([
    ['wrong arguments', ['--port', 'x'], { code: 'usage', message: '--port must be a whole number, 0 or more.' }, 2],
    ['a start that fails', ['--port', '0', '--scenario', 'f99'], { code: 'unwell' }, 1],
  ])('told of %s in text though asked for JSON', async (_, argv, error, exit) => {
    const { code, output } = run('--json', ...argv);
    expect(await code).toBe(exit);
    expect(JSON.parse(output.out)).toMatchObject({ success: false, error: { ...error, exit_code: exit } });
    expect(output.error).toBe('');
  });

  it('says why it cannot start', async () => {
    const { code, output } = run('--port', '0', '--scenario', 'f99');
    expect(await code).toBe(1);
    expect(output.error).toContain('There is no scenario');
  });

  it('serves, prints a line for each attempt, records them, and ends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    const file = join(folder, 'attempts.jsonl');
    try {
      const { code, output, seen, stop } = run(
        '--port',
        '0',
        '--tokens',
        '3',
        '--scenario',
        'f3',
        '--record-file',
        file,
      );
      const [, url = ''] = await seen(/curl -N (http:\S+?)\/v1/);
      expect(output.out).toContain('f25');
      expect((await chat(url, { model: 'a\u0007b' })).status).toBe(500);
      await chat(url, { stream: true });
      await seen(/POST \/v1\/chat\/completions a\?b \[f3 status\] 500 completed 0 tokens/);
      await seen(/POST \/v1\/chat\/completions sim stream \[f3 answer\] 200 completed 3 tokens/);
      stop();
      expect(await code).toBe(0);
      const lines = readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines).toMatchObject([{ status: 500 }, { status: 200, body: expect.stringContaining('Hello there') }]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('prints JSON lines when asked', async () => {
    const { code, seen, stop } = run('--port', '0', '--json', '--api-key', 'k');
    const [, url = ''] = await seen(/"url":"([^"]+)"/);
    await chat(url, {});
    const [line] = await seen(/^\{"event":"attempt".*$/m);
    expect(JSON.parse(line)).toMatchObject({ status: 401, behaviour: 'unauthorized' });
    stop();
    expect(await code).toBe(0);
  });
});
