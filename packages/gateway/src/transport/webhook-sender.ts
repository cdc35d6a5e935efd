import { createHmac } from 'node:crypto';
import type { Clock } from '../canonical/clock.ts';
import { GuardedClient } from './guarded-client.ts';
import { type AddressGuard, ForbiddenAddressError, isForbiddenHost } from './guarded-lookup.ts';

export interface WebhookSenderInput extends AddressGuard {
  readonly clock: Clock;
  /** Between 0 and 1, for the spread of waits. */
  readonly random: () => number;
  /** Hears of messages that were given up, in words without secrets. */
  readonly onGivenUp: (text: string) => void;
  /** Milliseconds that one try may take; left out: 5000. */
  readonly timeoutMs?: number;
  /** Messages that may wait or be under way; left out: 1000. */
  readonly maxQueue?: number;
}

export interface Webhook {
  /** `https:` or `http:`. */
  readonly url: string;
  /** Signs the messages; never sent and never logged. */
  readonly secret: string;
}

export interface WebhookMessage {
  /** Sent as `X-Gateway-Delivery`: the same in every try, so that the receiver can tell a repetition. */
  readonly id: string;
  /** JSON. */
  readonly body: string;
}

export interface WebhookSender {
  /** Sends in the background, again where it fails. False when the queue is full and nothing is sent. */
  send(webhook: Webhook, message: WebhookMessage): boolean;
  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void>;
  /** Gives up what waits. */
  close(): Promise<void>;
}

/** Tries after the first one. */
const RETRIES = 5;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** Tries at one time. */
const CONCURRENT = 8;

/**
 * Sends messages to addresses that an operator configured: by POST, as JSON, with `X-Gateway-Signature: t=…,v1=…`, where
 * `v1` is the HMAC-SHA256 in hex, under the webhook's secret, of the seconds since 1970 in `t`, a full stop and the body.
 * Any status of 2xx is success; redirects are not followed. Other outcomes are tried again five times, after waits that
 * double from a second to a minute. Nothing is sent to addresses of private networks, unless they are allowed by name.
 */
export function createWebhookSender(input: WebhookSenderInput): WebhookSender {
  return new QueueingSender(input);
}

/**
 * The value of `X-Gateway-Signature`. `seconds` since 1970; receivers refuse old ones, so that nobody can repeat a message
 * that was overheard.
 */
export function signWebhook(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

interface Delivery {
  readonly webhook: Webhook;
  readonly message: WebhookMessage;
  tries: number;
}

class QueueingSender implements WebhookSender {
  readonly #input: WebhookSenderInput;
  readonly #client: GuardedClient;
  readonly #ready: Delivery[] = [];
  /** Cancels the waits of those that are tried again later. */
  readonly #waits = new Set<() => void>();
  readonly #ended = new AbortController();
  readonly #idlers: (() => void)[] = [];
  #underWay = 0;

  constructor(input: WebhookSenderInput) {
    const { timeoutMs = 5_000 } = input;
    this.#input = input;
    this.#client = new GuardedClient({ ...input, timeoutMs });
  }

  send(webhook: Webhook, message: WebhookMessage): boolean {
    if (this.#ended.signal.aborted || this.#size() >= (this.#input.maxQueue ?? 1_000)) return false;
    this.#ready.push({ webhook, message, tries: 0 });
    this.#work();
    return true;
  }

  idle(): Promise<void> {
    return this.#size() === 0 ? Promise.resolve() : new Promise((resolve) => void this.#idlers.push(resolve));
  }

  async close(): Promise<void> {
    this.#ended.abort();
    this.#ready.length = 0;
    for (const cancel of this.#waits) cancel();
    this.#waits.clear();
    await this.#client.destroy();
    this.#tellIdle();
  }

  #size(): number {
    return this.#ready.length + this.#waits.size + this.#underWay;
  }

  #work(): void {
    while (this.#underWay < CONCURRENT) {
      const delivery = this.#ready.shift();
      if (delivery === undefined) return;
      this.#underWay += 1;
      void this.#try(delivery).then((failure) => {
        this.#underWay -= 1;
        if (failure !== undefined) this.#failed(delivery, failure);
        this.#work();
        this.#tellIdle();
      });
    }
  }

  #tellIdle(): void {
    if (this.#size() === 0) for (const wake of this.#idlers.splice(0)) wake();
  }

  #failed(delivery: Delivery, { reason, isFinal }: Failure): void {
    if (this.#ended.signal.aborted) return;
    const { clock, random, onGivenUp } = this.#input;
    delivery.tries += 1;
    if (isFinal || delivery.tries > RETRIES) {
      const tries = delivery.tries === 1 ? 'once' : `${delivery.tries} times`;
      onGivenUp(
        `The message ${delivery.message.id} to ${placeOf(delivery.webhook)} was tried ${tries} and given up: it ${reason}.`,
      );
      return;
    }
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (delivery.tries - 1));
    const cancel = clock.schedule(
      () => {
        this.#waits.delete(cancel);
        this.#ready.push(delivery);
        this.#work();
      },
      longest * (0.5 + random() / 2),
    );
    this.#waits.add(cancel);
  }

  /** Why it failed, in words without secrets; undefined when it did not. */
  async #try({ webhook, message }: Delivery): Promise<Failure | undefined> {
    const { clock, timeoutMs = 5_000 } = this.#input;
    if (!URL.canParse(webhook.url)) return { reason: 'has no URL', isFinal: true };
    const url = new URL(webhook.url);
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      return { reason: 'has no http or https URL', isFinal: true };
    if (isForbiddenHost(url, this.#input)) return { reason: new ForbiddenAddressError().message, isFinal: true };
    const seconds = Math.floor(clock.wallNow() / 1000);
    try {
      const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(timeoutMs)]);
      const reply = await this.#client.request(url, {
        method: 'POST',
        signal,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'llm-gateway',
          'x-gateway-delivery': message.id,
          'x-gateway-signature': signWebhook(webhook.secret, seconds, message.body),
        },
        body: message.body,
      });
      await reply.body.dump({ limit: 16 * 1024, signal });
      if (reply.statusCode >= 200 && reply.statusCode < 300) return undefined;
      return { reason: `was answered ${reply.statusCode}`, isFinal: false };
    } catch (error) {
      return failureOf(error, timeoutMs);
    }
  }
}

interface Failure {
  readonly reason: string;
  /** Trying again would change nothing. */
  readonly isFinal: boolean;
}

function failureOf(error: unknown, timeoutMs: number): Failure {
  const cause = error instanceof Error && error.cause instanceof ForbiddenAddressError ? error.cause : error;
  if (cause instanceof ForbiddenAddressError) return { reason: cause.message, isFinal: true };
  if (error instanceof Error && error.name === 'TimeoutError') {
    return { reason: `was not answered within ${timeoutMs} ms`, isFinal: false };
  }
  const code = (error as NodeJS.ErrnoException).code;
  return { reason: `could not be sent${typeof code === 'string' ? ` (${code})` : ''}`, isFinal: false };
}

/** Where it goes, without path and query: many receivers keep their secret there. */
function placeOf({ url }: Webhook): string {
  return URL.canParse(url) ? new URL(url).host : 'an address that is no URL';
}
