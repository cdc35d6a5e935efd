import type { ReplySink } from '../relay/reply-sink.ts';
import { SharedReply } from './shared-reply.ts';
import type { Share, Subscriber } from './subscription.ts';

export interface SingleFlightOptions {
  /** Flights that can be joined at the same time; with more, a request flies alone. */
  readonly maxFlights: number;
  /** Bytes of a reply that are kept for those who join late; left out: 4 MiB. A longer one can be joined no more. */
  readonly maxKeptBytes?: number;
  /** Bytes that a slow client may be behind before it is cut; left out: 8 MiB. More than `maxKeptBytes`. */
  readonly maxLagBytes?: number;
}

/** A call that several clients wait for. */
export interface FlightCall {
  /** Ends it, because its last client left. Called once at most. */
  cancel(reason: 'client_closed'): void;
}

export type FlightRole = 'leader' | 'follower';

/** Somebody who asks for what may be under way already. */
export interface FlightSubscriber {
  readonly sink: ReplySink;
  /**
   * The headers as this one gets them: with its own request id, say. Asked once at most; for a follower that comes after
   * the head, before `join` returns.
   */
  readonly headers: (headers: readonly string[], status: number, role: FlightRole) => readonly string[];
}

export interface FlightRequest<Call extends FlightCall> {
  readonly subscriber: FlightSubscriber;
  /**
   * Begins the call, whose whole reply goes into the sink, ended or cut whatever happens. Called at once, and only for
   * who leads. What it throws, `join` throws.
   */
  readonly lead: (sink: ReplySink) => Call;
}

/** A request's place in a flight. */
export interface Boarding<Call extends FlightCall> {
  readonly role: FlightRole;
  /** The call that everybody in the flight shares. */
  readonly call: Call;
  readonly share: Share;
}

/** Lets identical requests that run at the same time share one call. */
export interface SingleFlight<Call extends FlightCall> {
  /** `key`: what is identical. Who may not see the answer of whom must have different keys. */
  join(key: string, request: FlightRequest<Call>): Boarding<Call>;
  /** Flights that can be joined now. */
  size(): number;
}

export function createSingleFlight<Call extends FlightCall>(options: SingleFlightOptions): SingleFlight<Call> {
  const flights = new Map<string, Flight<Call>>();
  return {
    join(key, request) {
      const flight = flights.get(key);
      const share = flight?.reply.join(subscriberOf(request.subscriber, 'follower'));
      if (flight !== undefined && share !== undefined) return { role: 'follower', call: flight.call, share };
      return begin(flights, options, key, request);
    },
    size: () => flights.size,
  };
}

interface Flight<Call> {
  readonly reply: SharedReply;
  readonly call: Call;
}

function subscriberOf({ sink, headers: ownHeaders }: FlightSubscriber, role: FlightRole): Subscriber {
  return { sink, headers: (headers, status) => ownHeaders(headers, status, role) };
}

const MIB = 1024 * 1024;

function begin<Call extends FlightCall>(
  flights: Map<string, Flight<Call>>,
  options: SingleFlightOptions,
  key: string,
  { lead, subscriber }: FlightRequest<Call>,
): Boarding<Call> {
  const { maxFlights, maxKeptBytes = 4 * MIB, maxLagBytes = 8 * MIB } = options;
  const isListed = flights.size < maxFlights;
  let call: Call | undefined;
  let isAbandoned = false;
  const reply = new SharedReply({
    // Of a reply that nobody will find nothing needs to be kept.
    maxKeptBytes: isListed ? maxKeptBytes : 0,
    maxLagBytes,
    onClosed: () => {
      if (flights.get(key)?.reply === reply) flights.delete(key);
    },
    onAbandoned: () => {
      isAbandoned = true;
      call?.cancel('client_closed');
    },
  });
  const share = reply.join(subscriberOf(subscriber, 'leader'))!;
  call = lead(reply);
  // A client that left while the call was begun could not cancel what was not there yet.
  if (isAbandoned) call.cancel('client_closed');
  else if (isListed && reply.isJoinable) flights.set(key, { reply, call });
  return { role: 'leader', call, share };
}
