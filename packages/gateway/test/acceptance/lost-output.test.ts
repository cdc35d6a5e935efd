import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltGateway, buildGateway } from './built-gateway.ts';

let built: BuiltGateway;
beforeAll(async () => {
  built = await buildGateway();
});
afterAll(() => built.remove());

// A device of Linux that takes nothing.
it.runIf(process.platform === 'linux')('a command whose output a full disk does not take says so', async () => {
  const full = await open('/dev/full', 'w');
  const bin = join(built.folder, 'bin/llm-gateway.js');
  const stdio = ['ignore', full.fd, 'pipe'] as const;
  const program = spawn(process.execPath, [bin, 'config', 'generate'], { stdio: [...stdio] });
  let said = '';
  program.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(program, 'close');
  await full.close();
  expect(said).toBe('error: The output could not be written (ENOSPC).\n');
  expect(code).toBe(1);
});
