import type { SlotCounts, SlotPool, SlotRefusal } from '../slot-store.ts';

/** Topics of the messages between stores in workers and their host in the primary. */
export const storeTopics = {
  /** Question: claims; answer: the verdict. */
  take: 'limits.take',
  /** Question: `AcquireMessage`; answer: `AcquireAnswer`, at once even when the slot comes later. */
  acquire: 'slots.acquire',
  /** To the worker: how a wait ended. */
  settled: 'slots.settled',
  /** To the host: the ticket whose slot or place in the queue is given up. */
  giveUp: 'slots.give-up',
  /** To all workers: counts of the pools that changed. */
  counts: 'slots.counts',
} as const;

export interface AcquireMessage {
  /** Chosen by the worker, unique within it. */
  readonly ticket: number;
  readonly pool: SlotPool;
}

export type AcquireAnswer = 'granted' | 'queued' | SlotRefusal;

export interface SettledMessage {
  readonly ticket: number;
  readonly outcome: Exclude<AcquireAnswer, 'queued'>;
}

export type CountsMessage = readonly (readonly [poolId: string, counts: SlotCounts])[];
