import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { protocolNames } from '../../src/canonical/protocol-name.ts';
import { type StoppedClock, stopClock } from '../harness/stopped-clock.ts';
import { readAll } from './caller.ts';
import { heldBuffers, settledAt, shortIdleMs } from './held-up.ts';
import { modelName, openWire, startWireBench, type WireBench } from './wire-bench.ts';
import { wireCallers } from './wire-callers.ts';

const flood = 50_000_000;
/**
 * What the sockets of both sides and the streams on them hold, with room to spare: systems let sockets grow to several megabytes
 * each, and more on a busy machine. Who holds nothing back takes the whole flood.
 */
const heldAtMost = 32 * 1024 * 1024;

let bench: WireBench;
let clock: StoppedClock;
beforeAll(async () => {
  // A machine that is busy is no silence of the provider either: time passes where a test wants it.
  clock = stopClock();
  const models = protocolNames.map((wire) => ({ wire, fault: 'flood', rescue: undefined }));
  const behaviours = { flood: { kind: 'flood', bytes: flood } } as const;
  // A wait for the caller is no silence of the provider.
  bench = await startWireBench({ models, behaviours, timeout: { idle_seconds: shortIdleMs / 1_000 } });
});
afterAll(async () => {
  await bench.stop();
  clock.restore();
});

/** Every wire relayed, and translated for the client that follows it in the list; one of Gemini's arrays is among them. */
const cells = protocolNames.flatMap((upstream) => {
  const own = wireCallers.findIndex(({ name }) => name === upstream);
  const next = wireCallers[(own + 1) % wireCallers.length]!;
  return [wireCallers[own]!, next].map((caller) => ({ upstream, caller, client: caller.name }));
});

async function openFlood({ upstream, caller }: (typeof cells)[number]): Promise<IncomingMessage> {
  const model = modelName({ wire: upstream, fault: 'flood', rescue: undefined });
  return openWire(bench.gateway.url, caller, { model, stream: true }).response;
}

const attempt = () => bench.simulator.attempts.at(-1);
const bytesSent = () => attempt()?.bytesSent ?? 0;

/** Waits until nothing moves any more, and then for much longer than the provider may be silent; gives what was sent. */
async function heldUp(): Promise<number> {
  const sent = await settledAt(bytesSent);
  clock.advance(100 * shortIdleMs);
  expect(await settledAt(bytesSent)).toBe(sent);
  return sent;
}

it.each(cells)('$upstream waits for a client of $client that does not read', async (cell) => {
  const buffersBefore = heldBuffers();
  const response = await openFlood(cell);
  expect(response.statusCode).toBe(200);
  const sent = await heldUp();
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThan(heldAtMost);
  expect(heldBuffers() - buffersBefore).toBeLessThan(heldAtMost);
  expect(attempt()?.outcome).toBeUndefined();
  response.destroy();
  await bench.simulator.waitUntil(() => attempt()?.outcome !== undefined);
  expect(attempt()?.outcome).toBe('client_closed');
});

it('a stream that waited for its client goes on in another wire, and nothing of it is lost', async () => {
  const [upstream, caller] = ['anthropic-messages' as const, wireCallers[0]!];
  const response = await openFlood({ upstream, caller, client: caller.name });
  await heldUp();
  const { body, isCut } = await readAll(response);
  expect(isCut).toBe(false);
  const { text, finishes, terminators, errors } = caller.readStream(body);
  expect({ finishes, terminators, errors }).toEqual({ finishes: ['stop'], terminators: 1, errors: [] });
  // Nine tenths of the flood are words of the answer.
  expect(text.length).toBeGreaterThan(0.9 * flood);
  expect(text.replace(/(flood!)+/g, '').trim()).toMatch(/^A\s*$/);
  expect(attempt()?.outcome).toBe('completed');
});
