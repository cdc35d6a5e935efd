import type { Clock } from '../../canonical/clock.ts';
import type { Channel } from './channel.ts';
import { createLink } from './link.ts';
import { TopicHandlers } from './topic-handlers.ts';

export interface ClusterBusInput {
  /** The channel to the primary process. */
  readonly channel: Channel;
  readonly clock: Pick<Clock, 'schedule'>;
  /** Runs work at the end of the turn; left out: `setImmediate`. */
  readonly defer?: (work: () => void) => void;
}

/** A worker's end of what joins the processes of one gateway. Payloads are plain data. */
export interface ClusterBus {
  /** Tells the primary. */
  post(topic: string, payload: unknown): void;
  /** Tells the primary and every other worker. */
  broadcast(topic: string, payload: unknown): void;
  /** Asks the primary; rejects when no answer came within `timeoutMs`. */
  ask(topic: string, payload: unknown, timeoutMs: number): Promise<unknown>;
  /** Hears what the primary tells and others broadcast; returns what ends it. */
  on(topic: string, handler: (payload: unknown) => void): () => void;
  /** Answers questions of the primary, one handler for each topic. */
  answer(topic: string, handler: (payload: unknown) => unknown): void;
  /** Ends it; questions that wait are rejected. */
  close(): void;
}

/** Joins a worker process to its primary. */
export function createClusterBus(input: ClusterBusInput): ClusterBus {
  const handlers = new TopicHandlers<undefined>();
  const link = createLink({
    channel: input.channel,
    clock: input.clock,
    defer: input.defer ?? setImmediate,
    receiver: {
      hear: (topic, payload) => handlers.hear(topic, payload, undefined),
      reply: (topic, payload) => handlers.reply(topic, payload, undefined),
    },
  });
  return {
    post: (topic, payload) => link.post(topic, payload),
    broadcast: (topic, payload) => link.broadcast(topic, payload),
    ask: (topic, payload, timeoutMs) => link.ask(topic, payload, timeoutMs),
    on: (topic, handler) => handlers.on(topic, handler),
    answer: (topic, handler) => handlers.answer(topic, handler),
    close: () => link.close(),
  };
}
