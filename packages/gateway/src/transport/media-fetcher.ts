import { GuardedClient, type GuardedClientOptions } from './guarded-client.ts';
import { type AddressGuard, ForbiddenAddressError, isForbiddenHost } from './guarded-lookup.ts';

/** What was fetched for an upstream that takes no addresses. */
export interface FetchedMedia {
  /** Without parameters, lower case. */
  readonly mediaType: string;
  readonly data: Buffer;
}

export interface MediaFetcherOptions extends GuardedClientOptions {
  readonly maxBytes: number;
}

export interface MediaFetcher {
  /** Fetches one address. Throws MediaFetchError, whose message a caller may read. */
  fetch(url: string, signal: AbortSignal): Promise<FetchedMedia>;
}

/** Why nothing was fetched, in words that name no address but the caller's own. */
export class MediaFetchError extends Error {
  override readonly name = 'MediaFetchError';
}

const MAX_REDIRECTS = 3;
/** What models can read; anything else is no picture, document or sound. */
const readable = /^(?:image|audio|video|text)\/[\w.+-]+$|^application\/(?:pdf|json|xml)$/;

/**
 * Fetches pictures and documents that a caller gave by address. It is an open door for requests that a caller could not
 * make itself, so: http and https only, no address of a private network (checked on the very address that is connected
 * to), few redirects (each checked again), a bound on size and time, and nothing of the caller's or the gateway's sent.
 */
export function createMediaFetcher(options: MediaFetcherOptions): MediaFetcher {
  const client = new GuardedClient(options);
  return {
    async fetch(url, signal) {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)]);
      try {
        return await follow({ url, client, options, signal: limited });
      } catch (error) {
        if (error instanceof MediaFetchError) throw error;
        if (limited.aborted) throw new MediaFetchError(`was not fetched within ${options.timeoutMs} ms`);
        throw new MediaFetchError(reasonOf(error));
      }
    },
  };
}

interface Fetching {
  readonly url: string;
  readonly client: GuardedClient;
  readonly options: MediaFetcherOptions;
  readonly signal: AbortSignal;
}

async function follow({ url, client, options, signal }: Fetching): Promise<FetchedMedia> {
  let address = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const target = checkedUrl(address, options);
    const reply = await client.request(target, {
      signal,
      headers: { accept: '*/*', 'accept-encoding': 'identity' },
    });
    const location = reply.headers['location'];
    if (reply.statusCode >= 300 && reply.statusCode < 400 && typeof location === 'string') {
      await reply.body.dump({ limit: 1_024, signal });
      address = URL.canParse(location, target.href) ? new URL(location, target).href : location;
      continue;
    }
    if (reply.statusCode !== 200) {
      await reply.body.dump({ limit: 1_024, signal });
      throw new MediaFetchError(`could not be fetched: its server answered ${reply.statusCode}`);
    }
    const mediaType = mediaTypeOf(reply.headers['content-type']);
    if (!readable.test(mediaType)) {
      // Nobody waits for what is thrown away.
      void reply.body.dump({ limit: 1_024, signal }).catch(() => undefined);
      throw new MediaFetchError('is of a type that models cannot read');
    }
    return { mediaType, data: await readAll(reply.body, options.maxBytes) };
  }
  throw new MediaFetchError(`redirects more than ${MAX_REDIRECTS} times`);
}

function checkedUrl(address: string, guard: AddressGuard): URL {
  if (!URL.canParse(address)) throw new MediaFetchError('is no URL');
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new MediaFetchError('is no http or https URL');
  if (url.username !== '' || url.password !== '') throw new MediaFetchError('holds a user name or password');
  if (isForbiddenHost(url, guard)) throw privateAddress();
  return url;
}

function privateAddress(): MediaFetchError {
  return new MediaFetchError('is at a private address, from which nothing is fetched');
}

function mediaTypeOf(header: string | string[] | undefined): string {
  return String(header ?? '')
    .split(';')[0]!
    .trim()
    .toLowerCase();
}

async function readAll(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes) throw new MediaFetchError(`is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof ForbiddenAddressError ? error.cause : error;
  if (cause instanceof ForbiddenAddressError) return privateAddress().message;
  const code = (error as NodeJS.ErrnoException).code;
  return `could not be fetched${typeof code === 'string' ? ` (${code})` : ''}`;
}
