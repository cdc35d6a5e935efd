import { type Behaviour, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { check } from './checks.ts';
import { foreignTargets, otherWires, relayed, type Variant, variants } from './lanes.ts';
import { eventually, type Stage, startStage } from './stage.ts';

// F23, F24: faults of the gateway's own account, which a caller must not see and no retry cures.
const everywhere = [...variants(), ...variants(undefined, otherWires)];
const cases = everywhere.map((variant) => [variant.title, variant] as const);

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    casts: {
      f23: { first: 'f23' },
      f24: { first: 'f24' },
      f24c: { first: 'f24c' },
      'f23 alone': { first: 'f23', second: null },
      'f24 alone': { first: 'f24', second: null },
      worded: { first: 'sim' },
    },
    variants: everywhere,
  });
});
afterAll(() => stage.stop());

/** Asks twice: the first request finds out, the second knows. */
async function twice(cast: string, variant: Variant): Promise<void> {
  check(await stage.run(cast, variant), { outcome: 'whole', tries: [1, 1] });
  check(await stage.run(cast, variant), { outcome: 'whole', tries: [0, 1], failures: /^$/ });
}

describe.each([
  ['F23', 'f23', 'refuses the key of the gateway'],
  ['F24', 'f24', 'wants to be paid'],
  ['F24', 'f24c', 'has no billing'],
])('%s: a provider that (%s) %s', (_, cast) => {
  it.concurrent.each(cases)('is tried once, and not again for later requests: %s', (_title, variant) =>
    twice(cast, variant),
  );
});

describe.each([
  ['F23', 'f23 alone', 502],
  ['F24', 'f24 alone', 503],
] as const)('%s: a provider that is alone (%s)', (_, cast, status) => {
  it.concurrent.each(cases)('is told of as no fault of the caller: %s', async (_title, variant) => {
    check(await stage.run(cast, variant), { outcome: 'refused', status, tries: [1, 0] });
    // Who comes later learns it without asking there again.
    check(await stage.run(cast, variant), { outcome: 'refused', status: 503, tries: [0, 0], message: /./ });
  });
});

const error = (message: string, more: object = {}): object => ({ error: { message, ...more } });
/** How accounts that are used up are worded by some who speak these wires. */
const wordings: readonly (readonly [name: string, variant: Variant, behaviour: Behaviour])[] = [
  [
    'a quota as 429',
    variants('unary', [relayed])[0]!,
    {
      kind: 'status',
      status: 429,
      body: error('You exceeded your current quota.', { type: 'insufficient_quota', code: 'insufficient_quota' }),
    },
  ],
  [
    'a balance as 402',
    variants('stream', [relayed])[0]!,
    { kind: 'status', status: 402, body: error('Insufficient Balance', { type: 'unknown_error' }) },
  ],
  [
    'credits as 403',
    variants('unary', otherWires)[0]!,
    { kind: 'status', status: 403, body: { code: 'denied', error: 'Your team has used all available credits.' } },
  ],
  [
    'a balance as 400',
    variants('stream', [foreignTargets])[0]!,
    {
      kind: 'status',
      status: 400,
      body: {
        type: 'error',
        ...error('Your credit balance is too low to access the API.', { type: 'invalid_request_error' }),
      },
    },
  ],
  [
    'a balance as 400',
    variants('unary', [foreignTargets])[0]!,
    {
      kind: 'status',
      status: 400,
      body: {
        type: 'error',
        ...error('Your credit balance is too low to access the API.', { type: 'invalid_request_error' }),
      },
    },
  ],
];

it.each(wordings)('F24: %s takes the target out for long', async (_, variant, behaviour) => {
  stage.gateway.health.retain([]);
  stage.first.script([behaviour]);
  await twice('worded', variant);
});

describe('F24: an account that is used up', () => {
  let provider: Simulator;
  let other: Simulator;
  let gateway: TestGateway;
  const ask = () => {
    const body = JSON.stringify({ model: 'f24', messages: [{ role: 'user', content: 'Hello' }] });
    return fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  };
  beforeAll(async () => {
    [provider, other] = await Promise.all([startSimulator(), startSimulator()]);
    other.behave({ kind: 'answer' });
    gateway = await startTestGateway({
      config: {
        providers: {
          openai: { base_url: `${provider.url}/v1`, api_key: 'sk-of-the-first', models: ['f24'] },
          groq: { base_url: `${other.url}/v1`, api_key: 'sk-of-the-second', models: ['f24'] },
        },
        routing: { default_provider: 'openai', health_check_interval_seconds: 0.1 },
      },
      probes: true,
    });
  });
  afterAll(async () => {
    await gateway.stop();
    await Promise.all([provider.close(), other.close()]);
  });

  it('stays out for half an hour at least, whatever its list of models answers', async () => {
    expect((await ask()).status).toBe(200);
    expect([provider.attemptCount, other.attemptCount]).toEqual([1, 1]);
    const probes = provider.probes.length;
    await eventually(() => provider.probes.length >= probes + 4, 'four good probes');
    expect(provider.probes.every(({ status }) => status === 200)).toBe(true);
    expect((await ask()).status).toBe(200);
    expect([provider.attemptCount, other.attemptCount]).toEqual([1, 2]);
    const record = gateway.health.snapshot().find(({ state }) => state === 'quota');
    expect(record?.coolDownLeftMs).toBeGreaterThan(25 * 60_000);
  });
});
