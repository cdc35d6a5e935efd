import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { protocolNames } from '../../src/canonical/protocol-name.ts';
import { readAll } from './caller.ts';
import { modelName, openWire, startWireBench, type WireBench } from './wire-bench.ts';
import { wireCallers } from './wire-callers.ts';

const flood = 50_000_000;
/** What the sockets of both sides and the streams on them hold on a usual machine, with room to spare. */
const heldAtMost = 24 * 1024 * 1024;

let bench: WireBench;
beforeAll(async () => {
  const models = protocolNames.map((wire) => ({ wire, fault: 'flood', rescue: undefined }));
  const behaviours = { flood: { kind: 'flood', bytes: flood } } as const;
  // A wait for the caller is no silence of the provider.
  bench = await startWireBench({ models, behaviours, timeout: { idle_seconds: 0.3 } });
});
afterAll(() => bench.stop());

/** Every wire relayed, and translated for the client that follows it in the list; one of Gemini's arrays is among them. */
const cells = protocolNames.flatMap((upstream) => {
  const own = wireCallers.findIndex(({ name }) => name === upstream);
  const next = wireCallers[(own + 1) % wireCallers.length]!;
  return [wireCallers[own]!, next].map((caller) => ({ upstream, caller, client: caller.name }));
});

/** Resolves when a number has not grown for as long as twenty of its checks take. */
async function settledAt(read: () => number): Promise<number> {
  let last = read();
  for (let unchanged = 0; unchanged < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const next = read();
    unchanged = next === last && next > 0 ? unchanged + 1 : 0;
    last = next;
  }
  return last;
}

async function openFlood({ upstream, caller }: (typeof cells)[number]): Promise<IncomingMessage> {
  const model = modelName({ wire: upstream, fault: 'flood', rescue: undefined });
  return openWire(bench.gateway.url, caller, { model, stream: true }).response;
}

const attempt = () => bench.simulator.attempts.at(-1);

it.each(cells)('$upstream waits for a client of $client that does not read', async (cell) => {
  const buffersBefore = process.memoryUsage().arrayBuffers;
  const response = await openFlood(cell);
  expect(response.statusCode).toBe(200);
  const sent = await settledAt(() => attempt()?.bytesSent ?? 0);
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThan(heldAtMost);
  expect(process.memoryUsage().arrayBuffers - buffersBefore).toBeLessThan(2 * heldAtMost);
  expect(attempt()?.outcome).toBeUndefined();
  response.destroy();
  await bench.simulator.waitUntil(() => attempt()?.outcome !== undefined);
  expect(attempt()?.outcome).toBe('client_closed');
});

it('a stream that waited for its client goes on in another wire, and nothing of it is lost', async () => {
  const [upstream, caller] = ['anthropic-messages' as const, wireCallers[0]!];
  const response = await openFlood({ upstream, caller, client: caller.name });
  await settledAt(() => attempt()?.bytesSent ?? 0);
  const { body, isCut } = await readAll(response);
  expect(isCut).toBe(false);
  const { text, finishes, terminators, errors } = caller.readStream(body);
  expect({ finishes, terminators, errors }).toEqual({ finishes: ['stop'], terminators: 1, errors: [] });
  // Nine tenths of the flood are words of the answer.
  expect(text.length).toBeGreaterThan(0.9 * flood);
  expect(text.replace(/(flood!)+/g, '').trim()).toMatch(/^A\s*$/);
  expect(attempt()?.outcome).toBe('completed');
});
