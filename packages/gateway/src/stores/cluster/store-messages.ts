import type { LimitClaim, LimitCost } from '../limit-store.ts';
import type { SlotCounts, SlotPool, SlotRefusal } from '../slot-store.ts';

/** Topics of the messages between stores in workers and their host in the primary. */
export const storeTopics = {
  /** Question: claims; answer: the verdict. */
  take: 'limits.take',
  /** Question: `ReserveMessage`; answer: the verdict. */
  reserve: 'limits.reserve',
  /** To the host: `SettleMessage`. */
  settle: 'limits.settle',
  /** Question: `AcquireMessage`; answer: `AcquireAnswer`, at once even when the slot comes later. */
  acquire: 'slots.acquire',
  /** To the worker: how a wait ended. */
  settled: 'slots.settled',
  /** To the host: the ticket whose slot or place in the queue is given up. */
  giveUp: 'slots.give-up',
  /** To the host: a pool that has another size. */
  resize: 'slots.resize',
  /** To all workers: counts of the pools that changed. */
  counts: 'slots.counts',
  /** To the host: a response to keep. */
  putResponse: 'responses.put',
  /** Questions: `ResponseQuestion`; answers: the response, and whether there was one. */
  getResponse: 'responses.get',
  deleteResponse: 'responses.delete',
  /** Question: `ItemsQuestion`; answer: those that are found. */
  items: 'responses.items',
} as const;

export interface ResponseQuestion {
  readonly owner: string;
  readonly id: string;
}

export interface ItemsQuestion {
  readonly owner: string;
  readonly ids: readonly string[];
}

export interface ReserveMessage {
  /** Chosen by the worker, unique within it. */
  readonly ticket: number;
  readonly claims: readonly LimitClaim[];
}

export interface SettleMessage {
  readonly ticket: number;
  readonly costs: readonly LimitCost[];
}

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
