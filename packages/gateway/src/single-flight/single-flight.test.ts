import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import type { ReplySink } from '../relay/reply-sink.ts';
import { createFakeSink } from './fake-sink.fixture.ts';
import { createSingleFlight, type FlightCall, type FlightSubscriber } from './single-flight.ts';

interface Call extends FlightCall {
  readonly sink: ReplySink;
}

const makeCall = (sink: ReplySink): Call => ({ sink, cancel: vi.fn() });
const subscriberOf = (sink: ReplySink): FlightSubscriber => ({ sink, headers: (headers) => headers });
const subscriber = (): FlightSubscriber => subscriberOf(createFakeSink());
const flightsOf = (maxFlights = 10, maxKeptBytes = 100) => createSingleFlight<Call>({ maxFlights, maxKeptBytes });

it('lets identical requests share one call, and others have their own', () => {
  const flights = flightsOf();
  const lead = vi.fn(makeCall);
  const first = flights.join('a', { subscriber: subscriber(), lead });
  const second = flights.join('a', { subscriber: subscriber(), lead });
  const other = flights.join('b', { subscriber: subscriber(), lead });
  expect([first.role, second.role, other.role]).toEqual(['leader', 'follower', 'leader']);
  expect(second.call).toBe(first.call);
  expect(other.call).not.toBe(first.call);
  expect(lead).toHaveBeenCalledTimes(2);
  expect(flights.size()).toBe(2);
});

it('tells whose headers they are, to those who come after the head as well', () => {
  const flights = flightsOf();
  const sinks = [createFakeSink(), createFakeSink(), createFakeSink()];
  const join = (index: number) => {
    const sink = sinks[index]!;
    return flights.join('a', {
      subscriber: { sink, headers: (headers, status, role) => [...headers, `${status}`, role] },
      lead: makeCall,
    });
  };
  const { call } = join(0);
  join(1);
  call.sink.head(200, ['a', 'b']);
  join(2);
  expect(sinks.map((sink) => sink.heads[0]?.headers.slice(2))).toEqual([
    ['200', 'leader'],
    ['200', 'follower'],
    ['200', 'follower'],
  ]);
});

it('is not held up by who fails while joining', () => {
  const flights = flightsOf();
  const { call, share } = flights.join('a', { subscriber: subscriber(), lead: makeCall });
  call.sink.head(200, []);
  const headers = () => {
    throw new Error('no');
  };
  const failing = { sink: createFakeSink(), headers };
  expect(() => flights.join('a', { subscriber: failing, lead: makeCall })).toThrow('no');
  share.leave();
  expect(call.cancel).toHaveBeenCalledOnce();
});

it('shares no answer that is over', () => {
  const flights = flightsOf();
  for (const over of ['end', 'cut'] as const) {
    const { call } = flights.join('a', { subscriber: subscriber(), lead: makeCall });
    call.sink.head(200, []);
    call.sink[over]();
    expect(flights.size()).toBe(0);
  }
});

it('begins anew beside an answer that is too long to join', () => {
  const flights = flightsOf();
  const long = flights.join('a', { subscriber: subscriber(), lead: makeCall });
  long.call.sink.head(200, []);
  long.call.sink.write(Buffer.alloc(101));
  const next = flights.join('a', { subscriber: subscriber(), lead: makeCall });
  expect(next.role).toBe('leader');
  // The end of the first does not end the second.
  long.call.sink.end();
  expect(flights.join('a', { subscriber: subscriber(), lead: makeCall }).role).toBe('follower');
});

it('lets requests fly alone when there are too many flights', () => {
  const flights = flightsOf(1);
  const listed = flights.join('a', { subscriber: subscriber(), lead: makeCall });
  const sink = createFakeSink();
  const alone = flights.join('b', { subscriber: subscriberOf(sink), lead: makeCall });
  expect(flights.join('b', { subscriber: subscriber(), lead: makeCall }).role).toBe('leader');
  alone.call.sink.head(200, []);
  alone.call.sink.write(Buffer.from('its own '));
  alone.call.sink.end(Buffer.from('answer'));
  expect(sink.received().toString()).toBe('its own answer');
  expect(flights.size()).toBe(1);
  listed.call.sink.cut();
  expect(flights.size()).toBe(0);
});

it('cancels a call once, when its last client left', () => {
  const flights = flightsOf();
  const leader = flights.join('a', { subscriber: subscriber(), lead: makeCall });
  const follower = flights.join('a', { subscriber: subscriber(), lead: makeCall });
  leader.share.leave();
  expect(leader.call.cancel).not.toHaveBeenCalled();
  follower.share.leave();
  follower.share.leave();
  expect(leader.call.cancel).toHaveBeenCalledOnce();
  expect(leader.call.cancel).toHaveBeenCalledWith('client_closed');
  // On its way out the call cuts its reply, which is nobody's any more.
  leader.call.sink.cut();
  expect(flights.join('a', { subscriber: subscriber(), lead: makeCall }).role).toBe('leader');
});

it('cancels nothing when a client leaves after the end', async () => {
  const flights = flightsOf();
  const { call, share } = flights.join('a', { subscriber: subscriber(), lead: makeCall });
  call.sink.head(200, []);
  call.sink.end();
  share.leave();
  expect(call.cancel).not.toHaveBeenCalled();
  expect(await share.finished).toEqual({ ending: 'ended', accounts: true });
});

it('answers from what is known when the call begins', async () => {
  const flights = flightsOf();
  const sink = createFakeSink();
  const { share } = flights.join('a', {
    subscriber: subscriberOf(sink),
    lead: (shared) => {
      shared.head(503, []);
      shared.end(Buffer.from('busy'));
      return makeCall(shared);
    },
  });
  expect(sink.received().toString()).toBe('busy');
  expect(flights.size()).toBe(0);
  expect(await share.finished).toEqual({ ending: 'ended', accounts: true });
});

it('cancels a call whose only client is cut while it begins', () => {
  const flights = createSingleFlight<Call>({ maxFlights: 1, maxKeptBytes: 0, maxLagBytes: 0 });
  const { call } = flights.join('a', {
    subscriber: subscriberOf(createFakeSink(0)),
    lead: (shared) => {
      shared.head(200, []);
      for (const text of ['one', 'two', 'three']) shared.write(Buffer.from(text));
      return makeCall(shared);
    },
  });
  expect(call.cancel).toHaveBeenCalledOnce();
  expect(flights.size()).toBe(0);
});

it('keeps no flight whose call could not be begun', () => {
  const flights = flightsOf();
  const sink = createFakeSink();
  const lead = () => {
    throw new Error('no');
  };
  expect(() => flights.join('a', { subscriber: subscriberOf(sink), lead })).toThrow('no');
  expect(flights.size()).toBe(0);
  // Whoever asked still has to be answered.
  expect(sink).toMatchObject({ heads: [], ends: 0, cuts: 0 });
});

it('has one call at a time for each key, cancelled exactly when all left', () => {
  const step = fc.record({
    kind: fc.constantFrom('join', 'leave', 'end'),
    key: fc.constantFrom('a', 'b'),
    who: fc.nat(9),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50, size: 'max' }), (steps) => {
      const flights = flightsOf();
      const begun = new Map<string, Call>();
      const seats: { readonly call: Call; readonly leave: () => void }[] = [];
      const open = (key: string) => {
        const call = begun.get(key);
        return call && seats.some((seat) => seat.call === call) ? call : undefined;
      };
      for (const { kind, key, who } of steps) {
        if (kind === 'join') {
          const expected = open(key);
          const { call, role, share } = flights.join(key, { subscriber: subscriber(), lead: makeCall });
          expect(role).toBe(expected === undefined ? 'leader' : 'follower');
          if (expected !== undefined) expect(call).toBe(expected);
          begun.set(key, call);
          seats.push({ call, leave: share.leave });
        } else if (kind === 'leave') {
          const [seat] = seats.splice(who % Math.max(1, seats.length), 1);
          seat?.leave();
          const isEmpty = seat !== undefined && !seats.some(({ call }) => call === seat.call);
          if (seat) expect(seat.call.cancel).toHaveBeenCalledTimes(isEmpty ? 1 : 0);
        } else {
          const call = open(key);
          call?.sink.head(200, []);
          call?.sink.end();
          for (const seat of seats.filter((other) => other.call === call)) seats.splice(seats.indexOf(seat), 1);
        }
        expect(flights.size()).toBe(new Set(seats.map(({ call }) => call)).size);
      }
    }),
  );
});
