import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../canonical/clock.ts';
import { createMemoryLimitStore } from '../memory/limit-store.ts';
import { createMemorySlotStore } from '../memory/slot-store.ts';
import { processChannel } from './channel.ts';
import { createClusterHub } from './hub.ts';
import { createClusterStoreHost } from './store-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'cluster-test-'));
const script = join(folder, 'worker.mjs');
const children = new Set<ChildProcess>();

beforeAll(async () => {
  const entry = fileURLToPath(new URL('worker-process.fixture.ts', import.meta.url));
  await build({ entryPoints: [entry], outfile: script, bundle: true, platform: 'node', format: 'esm' });
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

test('processes share limits and slots, and a killed one gives back what it held', async () => {
  const hub = createClusterHub({ clock: systemClock });
  const slots = createMemorySlotStore({ clock: systemClock });
  const limits = createMemoryLimitStore({ clock: systemClock });
  createClusterStoreHost({ hub, limits, slots, clock: systemClock });

  const [first, second] = [await start(hub), await start(hub)];
  const passed = (await hub.askAll('take', 8, 10_000)) as number[];
  expect(passed[0]! + passed[1]!).toBe(10);

  expect(await hub.askAll('acquire', undefined, 10_000)).toEqual(['granted', 'granted']);
  expect(slots.counts('p')).toEqual({ inFlight: 2, queued: 0 });
  const third = hub.askAll('acquire', undefined, 10_000);
  const dead = once(first.child, 'exit');
  first.child.kill('SIGKILL');
  await dead;
  first.detach();
  expect(await third).toEqual(['granted']);
  expect(slots.counts('p')).toEqual({ inFlight: 2, queued: 0 });

  const stopped = once(second.child, 'exit');
  second.child.kill('SIGKILL');
  await stopped;
  second.detach();
  expect(slots.counts('p')).toEqual({ inFlight: 0, queued: 0 });
});

async function start(hub: ReturnType<typeof createClusterHub>): Promise<{ child: ChildProcess; detach: () => void }> {
  const child = fork(script, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  children.add(child);
  const ready = new Promise<void>((resolve, reject) => {
    const stop = hub.on('ready', (pid) => {
      if (pid !== child.pid) return;
      stop();
      resolve();
    });
    child.once('exit', () => reject(new Error('The worker ended before it was ready.')));
  });
  const detach = hub.attach(processChannel(child));
  await ready;
  return { child, detach };
}
