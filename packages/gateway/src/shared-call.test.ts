import { expect, it, vi } from 'vitest';
import type { AskedAhead } from './ask-ahead.ts';
import { GatewayError } from './canonical/gateway-error.ts';
import { createChatExchange } from './exchange.fixture.ts';
import type { Exchange } from './exchange.ts';
import { makeResolution, makeRoute } from './routing/target.fixture.ts';
import { createShareCall } from './shared-call.ts';
import { createManualClock } from './stores/manual-clock.fixture.ts';
import type { StreamRecovery } from './stream-recovery.ts';

const createOwn = () =>
  createShareCall({
    securityHeaders: () => [],
    scrub: (text) => text,
    reportInternal: () => undefined,
    reportRefusal: () => undefined,
    timeoutMs: () => 1_000,
  });

it.each([
  ['was answered', 'completed'],
  ['was refused', new GatewayError('budget_exceeded', 'The budget is spent.')],
] as const)(
  'a shared call that %s kept what was asked ahead of its target, and the memory of its stream',
  async (_, end) => {
    const shareCall = createOwn();
    const exchange = createChatExchange();
    exchange.body = Buffer.from('{}');
    const [drop, release] = [vi.fn(), vi.fn()];
    await shareCall(exchange, makeResolution(makeRoute([['only']])), async (call: Exchange) => {
      call.ahead = { drop } as unknown as AskedAhead;
      call.recovery = { release } as unknown as StreamRecovery;
      if (typeof end !== 'string') throw end;
      call.sink.end(Buffer.from('{}'));
      return end;
    });
    expect([drop.mock.calls.length, release.mock.calls.length]).toEqual([1, 1]);
  },
);

it('a caller that shared a whole answer which broke off was put down as too slow', async () => {
  const shareCall = createOwn();
  const resolution = makeResolution(makeRoute([['only']]));
  const exchanges = [createChatExchange(), createChatExchange()];
  let breakOff: () => void = () => undefined;
  const broken = new Promise<void>((resolve) => {
    breakOff = resolve;
  });
  const shared = exchanges.map((exchange) => {
    exchange.body = Buffer.from('{}');
    return shareCall(exchange, resolution, async (call) => {
      call.sink.head(200, []);
      call.sink.write(Buffer.from('{'));
      await broken;
      call.status = 200;
      call.failure = 'truncated';
      call.sink.cut();
      return 'failed';
    });
  });
  breakOff();
  expect(await Promise.all(shared)).toEqual(['failed', 'failed']);
  expect(exchanges.map(({ failure, isShared, status }) => [failure, isShared, status])).toEqual([
    ['truncated', false, 200],
    ['truncated', true, 200],
  ]);
});

it.each(['deadline', 'shutting_down'] as const)(
  'a caller that left a shared answer it had begun to read was put down with no status: %s',
  async (reason) => {
    const shareCall = createOwn();
    const resolution = makeResolution(makeRoute([['only']]));
    const [leader, follower] = [createChatExchange(), createChatExchange()];
    const shared = [leader, follower].map((exchange) => {
      exchange.body = Buffer.from('{}');
      return shareCall(exchange, resolution, async (call) => {
        call.firstByteAt = call.clock.now();
        call.sink.head(200, []);
        call.sink.write(Buffer.from('{'));
        await new Promise<void>((resolve) => call.whileCancellable(() => resolve()));
        throw new GatewayError('client_closed', 'Nobody is left.');
      });
    });
    // Who answers for the cost, and waits for the end of the call, is the last to leave.
    follower.cancel(reason);
    await expect(shared[1]).rejects.toThrow();
    leader.cancel(reason);
    await expect(shared[0]).rejects.toThrow();
    expect([follower.status, leader.status]).toEqual([200, 200]);
  },
);

it('a caller that came when a shared answer had begun was put down as answered before it asked', async () => {
  const shareCall = createOwn();
  const resolution = makeResolution(makeRoute([['only']]));
  const clock = createManualClock();
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const ask = (exchange: Exchange) => {
    exchange.body = Buffer.from('{}');
    return shareCall(exchange, resolution, async (call) => {
      call.firstByteAt = clock.now();
      call.sink.head(200, []);
      call.sink.write(Buffer.from('{'));
      await finished;
      call.sink.end();
      return 'completed';
    });
  };
  const leader = createChatExchange(clock);
  const answers = [ask(leader)];
  clock.advance(40);
  const follower = createChatExchange(clock);
  answers.push(ask(follower));
  finish();
  await Promise.all(answers);
  expect(follower.toLedgerEntry('completed')).toMatchObject({ isShared: true, firstByteMs: 0 });
});
