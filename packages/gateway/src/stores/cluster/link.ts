import type { Clock } from '../../canonical/clock.ts';
import type { Channel } from './channel.ts';

/** Takes what the other end says. */
export interface LinkReceiver {
  /** A message that expects no answer. `isBroadcast`: it is meant for every process. */
  readonly hear: (topic: string, payload: unknown, isBroadcast: boolean) => void;
  /** A question; the value, or the promise's, is the answer, and what is thrown makes the question fail. */
  readonly reply: (topic: string, payload: unknown) => unknown;
}

export interface LinkInput {
  readonly channel: Channel;
  readonly clock: Pick<Clock, 'schedule'>;
  /** Runs work at the end of the turn; `setImmediate` outside of tests. Messages of one turn travel together. */
  readonly defer: (work: () => void) => void;
  readonly receiver: LinkReceiver;
}

/** Messages and questions over a channel to one other process. */
export interface Link {
  post(topic: string, payload: unknown): void;
  broadcast(topic: string, payload: unknown): void;
  /** Rejects when no answer came within `timeoutMs`, when the other end threw, and when the link closes. */
  ask(topic: string, payload: unknown, timeoutMs: number): Promise<unknown>;
  close(): void;
}

type Frame =
  | readonly ['post' | 'broadcast', string, unknown]
  | readonly ['ask', number, string, unknown]
  | readonly ['answer' | 'refusal', number, unknown];

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly cancelTimer: () => void;
}

/** Questions that may wait for answers at once; a process that is asked more is not answering. */
const maxPending = 100_000;
/** Tells our messages from others on the same channel. */
const marker = 'llm-gateway';

export function createLink(input: LinkInput): Link {
  return new ChannelLink(input);
}

class ChannelLink implements Link {
  readonly #input: LinkInput;
  readonly #pending = new Map<number, Pending>();
  readonly #stopListening: () => void;
  #outbox: Frame[] = [];
  #lastId = 0;
  #isClosed = false;

  constructor(input: LinkInput) {
    this.#input = input;
    this.#stopListening = input.channel.onMessage((message) => this.#receive(message));
  }

  post(topic: string, payload: unknown): void {
    this.#send(['post', topic, payload]);
  }

  broadcast(topic: string, payload: unknown): void {
    this.#send(['broadcast', topic, payload]);
  }

  ask(topic: string, payload: unknown, timeoutMs: number): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new Error('The other process is gone.'));
    if (this.#pending.size >= maxPending) return Promise.reject(new Error('Too many questions wait for an answer.'));
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const cancelTimer = this.#input.clock.schedule(() => {
        this.#pending.delete(id);
        reject(new Error(`The other process did not answer ${topic} within ${timeoutMs} ms.`));
      }, timeoutMs);
      this.#pending.set(id, { resolve, reject, cancelTimer });
      this.#send(['ask', id, topic, payload]);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    this.#outbox = [];
    for (const pending of this.#pending.values()) {
      pending.cancelTimer();
      pending.reject(new Error('The other process is gone.'));
    }
    this.#pending.clear();
  }

  #send(frame: Frame): void {
    if (this.#isClosed) return;
    this.#outbox.push(frame);
    if (this.#outbox.length > 1) return;
    this.#input.defer(() => {
      const frames = this.#outbox;
      this.#outbox = [];
      if (frames.length > 0) this.#input.channel.send([marker, frames]);
    });
  }

  #receive(message: unknown): void {
    if (!Array.isArray(message) || message[0] !== marker) return;
    for (const frame of message[1] as Frame[]) {
      if (this.#isClosed) return;
      this.#handle(frame);
    }
  }

  #handle(frame: Frame): void {
    switch (frame[0]) {
      case 'post':
      case 'broadcast':
        this.#input.receiver.hear(frame[1], frame[2], frame[0] === 'broadcast');
        break;
      case 'ask':
        this.#reply(frame[1], frame[2], frame[3]);
        break;
      default:
        this.#settle(frame);
    }
  }

  #reply(id: number, topic: string, payload: unknown): void {
    const refuse = (error: unknown) => this.#send(['refusal', id, error instanceof Error ? error.message : 'failed']);
    try {
      const answer = this.#input.receiver.reply(topic, payload);
      // An answer known at once goes out in the same turn as the others.
      if (answer instanceof Promise) answer.then((value: unknown) => this.#send(['answer', id, value]), refuse);
      else this.#send(['answer', id, answer]);
    } catch (error) {
      refuse(error);
    }
  }

  #settle(frame: readonly ['answer' | 'refusal', number, unknown]): void {
    const [outcome, id, payload] = frame;
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    pending.cancelTimer();
    if (outcome === 'answer') pending.resolve(payload);
    else pending.reject(new Error(`The other process could not answer: ${String(payload)}`));
  }
}
