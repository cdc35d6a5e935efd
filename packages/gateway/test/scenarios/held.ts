import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import type { PendingTimers } from '../failures/pending-timers.ts';
import { eventually, type Stage } from './stage.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of the heap that somebody still holds. */
export function heldBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/**
 * Ends of TCP connections in this process that keep it alive: all but those that are kept for later by who opened them.
 */
export function openConnections(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
}

export interface HeldBefore {
  readonly timers: PendingTimers;
  /** Connections that were open before the stage. */
  readonly connections: number;
}

/**
 * That a gateway holds nothing of the requests that are over: no slot, no timer, no attempt under way, no connection but
 * kept ones to its targets, and no trial of a target that nobody makes.
 */
export async function expectNothingHeld(stage: Stage, { timers, connections }: HeldBefore): Promise<void> {
  const { gateway, first, second } = stage;
  const providers = [first, second];
  for (const provider of providers) {
    await provider.waitUntil(() => provider.attempts.every(({ outcome }) => outcome !== undefined));
  }
  const pools = ['admission', ...bulkheadsOf(stage)];
  expect(pools.map((pool) => gateway.slots.counts(pool))).toEqual(pools.map(() => ({ inFlight: 0, queued: 0 })));
  expect(await gateway.metricsText()).toMatch(/^\S*in_flight\S* 0$/m);
  await eventually(() => timers.delays().length === 0, 'end of all timers');
  // Connections that the gateway keeps have their other ends at the providers, here too.
  const kept = () => connections + first.openSockets + second.openSockets;
  await eventually(() => openConnections() === kept(), 'end of all connections but kept ones');
  for (const record of gateway.health.snapshot()) expect(record).toMatchObject({ trialLeftMs: 0 });
}

function bulkheadsOf({ gateway }: Stage): string[] {
  return [...gateway.gateway.runtime.catalog.targets.values()].flatMap(({ bulkhead }) => bulkhead?.id ?? []);
}
