import { createHash } from 'node:crypto';
import type { LedgerEntry } from './canonical/exchange.ts';
import type { Operation } from './canonical/operation.ts';
import { type EndParts, refuse } from './end-exchange.ts';
import { cancelError, type Exchange } from './exchange.ts';
import type { ReplySink } from './relay/reply-sink.ts';
import type { Resolution } from './routing/target.ts';
import { createSingleFlight, type SingleFlight } from './single-flight/single-flight.ts';

type Outcome = LedgerEntry['outcome'];

/** Answers an exchange; throws what it is refused with. */
type Serve = (exchange: Exchange) => Promise<Outcome>;

/**
 * Answers an exchange with the call of an identical one that runs already, or begins a call that others may share.
 * Undefined: its answer cannot be shared.
 */
export type ShareCall = (exchange: Exchange, resolution: Resolution, serve: Serve) => Promise<Outcome> | undefined;

export interface ShareParts extends EndParts {
  /** Milliseconds that an exchange may take in all. */
  readonly timeoutMs: (exchange: Exchange) => number;
}

/** The one upstream call of several identical exchanges. */
interface SharedCall {
  /** An exchange of its own, whose answer goes to everybody. */
  readonly exchange: Exchange;
  readonly done: Promise<Outcome>;
  cancel(reason: 'client_closed'): void;
}

/** Calls that can be joined at the same time; each keeps up to 4 MiB of its answer for who joins late. */
const MAX_CALLS = 1_000;

/** What the same question twice means the same for. Pictures and speech are made anew for each who asks. */
const shareable: ReadonlySet<Operation> = new Set([
  'chat',
  'count_tokens',
  'completions',
  'embeddings',
  'moderation',
  'rerank',
]);

export function createShareCall(parts: ShareParts): ShareCall {
  const flights = createSingleFlight<SharedCall>({ maxFlights: MAX_CALLS });
  return (exchange, resolution, serve) => {
    if (exchange.body === undefined || exchange.isForm || !shareable.has(exchange.operation)) return undefined;
    const key = keyOf(exchange, exchange.body, resolution);
    return share({ flights, parts, exchange, key, serve, timeoutMs: parts.timeoutMs(exchange) });
  };
}

interface ShareInput {
  readonly flights: SingleFlight<SharedCall>;
  readonly parts: EndParts;
  readonly exchange: Exchange;
  readonly key: string;
  readonly serve: Serve;
  /** Milliseconds that the exchange may take in all. */
  readonly timeoutMs: number;
}

async function share({ flights, parts, exchange, key, serve, timeoutMs }: ShareInput): Promise<Outcome> {
  exchange.throwIfCancelled();
  const { call, share: place } = flights.join(key, {
    subscriber: {
      sink: exchange.sink,
      headers(headers, status, role) {
        exchange.status = status;
        return ownHeaders(exchange, headers, role === 'follower');
      },
    },
    lead: (sink) => begin(parts, exchange, sink, serve),
  });
  exchange.whileCancellable(() => place.leave());
  // The call has a limit of its own; this one is for a caller that does not read what is there.
  const cancelTimer = exchange.clock.schedule(() => exchange.cancel('deadline'), timeoutMs);
  const { ending, accounts } = await place.finished;
  cancelTimer();
  exchange.whileCancellable(undefined);
  // An answer that breaks off is cut for everybody.
  const isBroken = ending === 'cut' && call.exchange.failure !== undefined;
  // Who is out before the others does not wait for them; who answers for the cost has to know it.
  const isOut = ending !== 'ended' && !accounts && !isBroken;
  const outcome = isOut ? 'failed' : await call.done;
  exchange.adopt(call.exchange, accounts);
  if (ending === 'left') throw cancelError(exchange.cancelReason ?? 'client_closed');
  if (isOut) exchange.failure = 'client_too_slow';
  return outcome;
}

/** Runs the call on an exchange of its own, so that it goes on while anybody listens. */
function begin(parts: EndParts, leader: Exchange, sink: ReplySink, serve: Serve): SharedCall {
  const exchange = leader.fork(leader.id, sink);
  return { exchange, done: run(parts, exchange, serve), cancel: (reason) => exchange.cancel(reason) };
}

/** Who adopts the call counts what it cost, and knows nothing of what it still holds. */
async function run(parts: EndParts, exchange: Exchange, serve: Serve): Promise<Outcome> {
  try {
    return await serve(exchange);
  } catch (error) {
    return refuse(parts, exchange, error);
  } finally {
    exchange.recovery?.release();
    exchange.ahead?.drop();
  }
}

/** Headers that differ from request to request without a word to the model. */
const incidental: ReadonlySet<string> = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'date',
  'host',
  'idempotency-key',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-api-key',
  'x-forwarded-for',
  'x-request-id',
]);

/** Everything that an answer may depend on, and whose it is: nobody gets the answer of another. */
function keyOf(exchange: Exchange, body: Buffer, { route }: Resolution): string {
  const { method, operation, pathModel, principal, protocol, query, streamAsk, tail, url } = exchange;
  const hash = createHash('sha256');
  const telling = Object.entries(exchange.headers).filter(([name]) => !incidental.has(name));
  const { identity, tenant = '' } = principal;
  hash.update(
    JSON.stringify([
      identity,
      tenant,
      route.id,
      operation,
      protocol,
      method,
      url,
      pathModel,
      query,
      streamAsk,
      tail,
      telling,
    ]),
  );
  return hash.update(body).digest('base64');
}

/** The headers of the shared reply with the request's own in place of those of who began the call. */
function ownHeaders(exchange: Exchange, headers: readonly string[], isFollower: boolean): readonly string[] {
  const own: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== 'x-request-id') own.push(headers[index]!, headers[index + 1]!);
  }
  own.push('x-request-id', exchange.id, ...exchange.replyHeaders);
  if (isFollower) own.push('x-gateway-shared', 'true');
  return own;
}
