import { expect, it, vi } from 'vitest';
import type { AskedAhead } from './ask-ahead.ts';
import { GatewayError } from './canonical/gateway-error.ts';
import { createChatExchange } from './exchange.fixture.ts';
import type { Exchange } from './exchange.ts';
import { makeResolution, makeRoute } from './routing/target.fixture.ts';
import { createShareCall } from './shared-call.ts';
import type { StreamRecovery } from './stream-recovery.ts';

it.each([
  ['was answered', 'completed'],
  ['was refused', new GatewayError('budget_exceeded', 'The budget is spent.')],
] as const)(
  'a shared call that %s kept what was asked ahead of its target, and the memory of its stream',
  async (_, end) => {
    const shareCall = createShareCall({
      securityHeaders: () => [],
      scrub: (text) => text,
      reportInternal: () => undefined,
      reportRefusal: () => undefined,
      timeoutMs: () => 1_000,
    });
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
