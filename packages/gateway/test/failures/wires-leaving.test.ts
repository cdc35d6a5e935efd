import type { Behaviour } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { protocolNames } from '../../src/canonical/protocol-name.ts';
import { type RunningTime, watchRunningTime } from '../harness/running-time.ts';
import { bytesOf, now } from './caller.ts';
import { modelName, openWire, startWireBench, type WireBench, wirePairs } from './wire-bench.ts';
import type { WireCaller } from './wire-callers.ts';

const behaviours: Readonly<Record<string, Behaviour>> = {
  'before-its-head': { kind: 'hang', when: 'before-headers' },
  'before-its-first-token': { kind: 'hang', when: 'after-headers' },
  'in-the-middle': { kind: 'hang', when: { afterTokens: 4 } },
};
const points = Object.keys(behaviours);

let bench: WireBench;
let running: RunningTime;
beforeAll(async () => {
  running = watchRunningTime();
  const models = protocolNames.flatMap((wire) => points.map((fault) => ({ wire, fault, rescue: protocolNames[0] })));
  bench = await startWireBench({ models, behaviours });
});
afterAll(() => {
  running.stop();
  return bench.stop();
});

interface Leaving {
  readonly caller: WireCaller;
  readonly model: string;
  readonly point: string;
  readonly stream: boolean;
}

/** Asks, leaves at a point, and answers how many milliseconds later, of those in which the process ran, the provider's connection was closed. */
async function leave({ caller, model, point, stream }: Leaving): Promise<number> {
  const { gateway, simulator } = bench;
  const before = simulator.attemptCount;
  const call = openWire(gateway.url, caller, { model, stream });
  await simulator.waitForAttempts(before + 1);
  if (point === 'before-its-first-token') {
    await simulator.waitUntil(() => simulator.attempts.at(-1)?.firstByteAt !== undefined);
  } else if (point === 'in-the-middle') {
    await bytesOf(await call.response, 1);
  }
  const leftAt = now();
  call.request.destroy();
  await simulator.waitUntil(() => simulator.attempts.at(-1)?.outcome !== undefined);
  expect(simulator.attempts.at(-1)?.outcome).toBe('client_closed');
  return running.between(leftAt, simulator.attempts.at(-1)!.clientClosedAt!);
}

let settled = 0;

it.each(wirePairs)('a client of $client leaves, and $upstream is let go', async ({ caller, upstream }) => {
  const { gateway, simulator } = bench;
  for (const point of points) {
    for (const stream of [true, false]) {
      // A whole answer has nothing to show before it is there, and both forms of Gemini's are the same.
      if (!stream && (point === 'in-the-middle' || caller.name !== caller.wire)) continue;
      const model = modelName({ wire: upstream, fault: point, rescue: protocolNames[0] });
      const delayMs = await leave({ caller, model, point, stream });
      expect({ point, stream, isLate: delayMs >= 200 }).toEqual({ point, stream, isLate: false });
      const lines = await gateway.settled(++settled);
      expect(lines).toHaveLength(settled);
      expect(lines.at(-1)).toMatchObject({ status: 499, failure: 'client_closed', attempts: 1 });
      expect(gateway.slots.counts('admission')).toEqual({ inFlight: 0, queued: 0 });
      expect(simulator.attemptCount).toBe(settled);
    }
  }
  await simulator.waitUntil(() => simulator.openSockets === 0);
});
