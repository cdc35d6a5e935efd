import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeBehaviour } from './decode-behaviour.ts';
import { type Simulator, startSimulator } from './simulator.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

function blocks(language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...readme.matchAll(fence)].map(([, code]) => code ?? '');
}

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const commands = blocks('sh').flatMap((block) =>
  block
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((command) => command.startsWith('curl ')),
);

describe('README', () => {
  it('shows commands', () => expect(commands).toHaveLength(5));

  it.each(commands)('%s', async (command) => {
    const script = command.replaceAll('http://127.0.0.1:8090', simulator.url);
    // f8 breaks off, which curl calls an error.
    const breaks = command.includes('"f8"');
    const run = promisify(execFile)('sh', ['-c', `${script} --silent --show-error --fail --max-time 10`]);
    const { stdout } = await run.catch((error: { stdout: string }) => {
      if (!breaks) throw error;
      return error;
    });
    expect(stdout).toMatch(breaks ? /café/ : /Every|script/);
  });

  it('shows behaviours that can be scripted', () => {
    for (const block of blocks('json')) expect(() => decodeBehaviour(JSON.parse(block))).not.toThrow();
    expect(blocks('json')).toHaveLength(1);
  });
});
