import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { systemClock } from '../canonical/clock.ts';
import { loadConfig } from '../config/load.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { createReloader, createTurns } from './reloader.ts';

it('a file that was empty while it was being written turned a running gateway into the demo', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'reloader-'));
  const file = join(directory, 'config.yaml');
  await writeFile(file, 'vllm_backends: { m: "http://127.0.0.1:1" }\n');
  const input = { flags: { config: file }, env: {}, workingDirectory: directory, homeDirectory: directory };
  const loaded = await loadConfig(input);
  const apply = vi.fn();
  const error = vi.fn();
  const log = { error, warn() {}, info() {}, debug() {}, trace() {}, flush() {} } satisfies Log;
  const reloader = createReloader({ input, log, clock: systemClock, loaded, apply });
  await writeFile(file, '');
  reloader.reload();
  await vi.waitUntil(() => error.mock.calls.length > 0, { timeout: 20_000 });
  expect(error.mock.calls[0]![1]).toContain('names no provider any more');
  expect(apply).not.toHaveBeenCalled();
  reloader.close();
  await rm(directory, { recursive: true, force: true });
});

it('a port that was changed in the file was called reloaded, and nothing said that it is not in force', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'reloader-'));
  const file = join(directory, 'config.yaml');
  const write = (text: string) => writeFile(file, `vllm_backends: { m: "http://127.0.0.1:1" }\n${text}`);
  await write('server: { port: 1 }\n');
  const input = { flags: { config: file }, env: {}, workingDirectory: directory, homeDirectory: directory };
  const loaded = await loadConfig(input);
  const [info, warn, error] = [vi.fn(), vi.fn(), vi.fn()];
  const log = { error, warn, info, debug() {}, trace() {}, flush() {} } satisfies Log;
  const reloader = createReloader({ input, log, clock: systemClock, loaded, apply() {} });
  await write('server: { port: 2 }\nbudgets: { webhooks: [{ url: "https://a.example", secret: s }] }\n');
  reloader.reload();
  await vi.waitUntil(() => warn.mock.calls.length > 0, { timeout: 20_000 });
  expect(info.mock.calls[0]).toEqual(['config', 'Configuration reloaded', { changed: ['server', 'budgets'] }]);
  expect(warn.mock.calls[0]).toEqual(['config', 'In force only after a restart: server.port, budgets.webhooks']);
  await write('server: { prot: 1, timeout_seconds: x }\n');
  reloader.reload();
  await vi.waitUntil(() => error.mock.calls.length > 0 && warn.mock.calls.length > 1, { timeout: 20_000 });
  expect(warn.mock.lastCall?.[1]).toContain('server.prot is not a known key');
  reloader.close();
  await rm(directory, { recursive: true, force: true });
});

it('a worker that was told of two reloads at once could end with the configuration of the first', async () => {
  const inForce: string[] = [];
  const inTurn = createTurns();
  let readFirst = (): void => undefined;
  const isRead = new Promise<void>((resolve) => {
    readFirst = resolve;
  });
  inTurn(async () => {
    await isRead;
    inForce.push('first');
  });
  const isOver = new Promise<void>((resolve) => {
    inTurn(async () => {
      inForce.push('second');
      resolve();
    });
  });
  await Promise.resolve();
  readFirst();
  await isOver;
  expect(inForce).toEqual(['first', 'second']);
});
