import { describe, expect, it } from 'vitest';
import { GatewayError } from './canonical/gateway-error.ts';
import { createChatExchange } from './exchange.fixture.ts';
import { type OperationHost, runOperation } from './operation-run.ts';
import type { AttemptOutcome } from './relay/attempt-outcome.ts';
import { createHeadRules, readHead } from './relay/reply-headers.ts';
import { makeTarget } from './routing/target.fixture.ts';
import type { OperationTranslation } from './translation/operation-translation.ts';

const answered: AttemptOutcome = {
  failure: undefined,
  isCommitted: false,
  status: 200,
  usage: undefined,
  unreported: undefined,
  responseModel: undefined,
  serviceTier: undefined,
};
const rules = createHeadRules({ renameRateLimits: false, replaced: [] });

/** A target that answers every call with an empty object. */
const host: OperationHost = {
  exchange: createChatExchange(),
  target: makeTarget('target'),
  lane: { cancelReason: undefined, endWait() {}, whileCancellable() {} } as unknown as OperationHost['lane'],
  reply: { begin() {} } as unknown as OperationHost['reply'],
  relay: () => Promise.resolve(answered),
  call(_request, body) {
    body.begin(readHead(200, [], rules), { touch() {} } as never);
    body.data(Buffer.from('{}'));
    return Promise.resolve({ ...answered, failure: body.end() });
  },
};

const broken = (calls: number): OperationTranslation => ({
  calls: Array.from({ length: calls }, () => ({ path: '/', body: Buffer.from('{}') })),
  credentialHeaders: [],
  dropped: [],
  rewrite() {
    throw new GatewayError('upstream_malformed', 'The upstream answered with 0 good vectors where 1 were asked for.');
  },
});

describe('calls of which the last one was answered by nothing', () => {
  it.each([
    [1, undefined],
    [2, { outputTokens: 0 }],
  ])('were free: %i', async (calls, unreported) => {
    const ask = { path: undefined, credentialHeaders: undefined, operation: broken(calls) };
    const outcome = await runOperation(ask, host);
    expect(outcome).toMatchObject({ failure: { kind: 'malformed' }, isCommitted: false });
    expect(outcome.unreported).toEqual(unreported);
  });
});
