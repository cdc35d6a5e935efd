import type { Agent, request as sendRequest } from 'undici';
import { type AddressGuard, createGuardedLookup } from './guarded-lookup.ts';

export interface GuardedClientOptions extends AddressGuard {
  /** Milliseconds for each of: connecting, the head of the reply, and a pause within its body. */
  readonly timeoutMs: number;
}

type RequestOptions = Omit<NonNullable<Parameters<typeof sendRequest>[1]>, 'dispatcher'>;
type Reply = Awaited<ReturnType<typeof sendRequest>>;

interface Opened {
  readonly agent: Agent;
  readonly request: typeof sendRequest;
}

/**
 * Requests to addresses that somebody else gave, over connections that are checked against private networks and closed when
 * their reply is read. undici, a megabyte of code, is loaded for the first of them: most gateways never send one.
 */
export class GuardedClient {
  readonly #options: GuardedClientOptions;
  #opened: Promise<Opened> | undefined;

  constructor(options: GuardedClientOptions) {
    this.#options = options;
  }

  /** Follows no redirects. Rejects as undici's `request` does; a `ForbiddenAddressError` may be the cause. */
  async request(url: URL, options: RequestOptions): Promise<Reply> {
    this.#opened ??= open(this.#options);
    const { agent, request } = await this.#opened;
    return request(url, { ...options, dispatcher: agent });
  }

  /** Breaks off what is under way. */
  async destroy(): Promise<void> {
    await (await this.#opened)?.agent.destroy();
  }
}

async function open(options: GuardedClientOptions): Promise<Opened> {
  const { Agent, request } = await import('./undici.ts');
  const { timeoutMs } = options;
  const agent = new Agent({
    connect: { lookup: createGuardedLookup(options), timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxHeaderSize: 16 * 1024,
    // Nothing is kept open, so what a reload replaces leaves nothing behind.
    keepAliveTimeout: 1,
  });
  return { agent, request };
}
