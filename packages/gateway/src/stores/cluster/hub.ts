import type { Clock } from '../../canonical/clock.ts';
import type { Channel } from './channel.ts';
import { createLink, type Link } from './link.ts';
import { TopicHandlers } from './topic-handlers.ts';

export interface ClusterHubInput {
  readonly clock: Pick<Clock, 'schedule'>;
  /** Runs work at the end of the turn; left out: `setImmediate`. */
  readonly defer?: (work: () => void) => void;
}

/** The primary's end of what joins the processes of one gateway. Workers are known by numbers that are not used again. */
export interface ClusterHub {
  /** Joins a worker; returns what is called when it is gone. */
  attach(channel: Channel): () => void;
  /** Tells every worker. */
  broadcast(topic: string, payload: unknown): void;
  /** Tells one worker; nothing happens when it is gone. */
  post(worker: number, topic: string, payload: unknown): void;
  /** Asks every worker; resolves, at the latest after `timeoutMs`, to the answers of those that gave one. Never rejects. */
  askAll(topic: string, payload: unknown, timeoutMs: number): Promise<unknown[]>;
  /** Hears what workers tell and broadcast; returns what ends it. */
  on(topic: string, handler: (payload: unknown, worker: number) => void): () => void;
  /** Answers questions of workers, one handler for each topic. */
  answer(topic: string, handler: (payload: unknown, worker: number) => unknown): void;
  /** Hears of workers that are gone. */
  onDetach(handler: (worker: number) => void): void;
}

/** Joins worker processes to the primary and to each other. */
export function createClusterHub(input: ClusterHubInput): ClusterHub {
  const handlers = new TopicHandlers<number>();
  const links = new Map<number, Link>();
  const detachHandlers: ((worker: number) => void)[] = [];
  let lastWorker = 0;

  function relay(topic: string, payload: unknown, from: number): void {
    for (const [worker, link] of links) if (worker !== from) link.post(topic, payload);
  }

  return {
    attach(channel) {
      lastWorker += 1;
      const worker = lastWorker;
      const link = createLink({
        channel,
        clock: input.clock,
        defer: input.defer ?? setImmediate,
        receiver: {
          hear(topic, payload, isBroadcast) {
            handlers.hear(topic, payload, worker);
            if (isBroadcast) relay(topic, payload, worker);
          },
          reply: (topic, payload) => handlers.reply(topic, payload, worker),
        },
      });
      links.set(worker, link);
      return () => {
        if (!links.delete(worker)) return;
        link.close();
        for (const handler of detachHandlers) handler(worker);
      };
    },
    broadcast: (topic, payload) => relay(topic, payload, 0),
    post: (worker, topic, payload) => links.get(worker)?.post(topic, payload),
    async askAll(topic, payload, timeoutMs) {
      const questions = Array.from(links.values(), (link) => link.ask(topic, payload, timeoutMs));
      const outcomes = await Promise.allSettled(questions);
      return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    },
    on: (topic, handler) => handlers.on(topic, handler),
    answer: (topic, handler) => handlers.answer(topic, handler),
    onDetach: (handler) => void detachHandlers.push(handler),
  };
}
