import { refusingUrl } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from './checks.ts';
import { type FrozenHost, startFrozenHost, startFullHost } from './frozen-host.ts';
import { variants } from './lanes.ts';
import { attemptsOf, briefly, isStale, type Stage, startStage } from './stage.ts';

// F22. What never becomes a request, or dies as one.
let stage: Stage;
let connecting: Stage;
let frozen: FrozenHost;
let full: FrozenHost;
beforeAll(async () => {
  const [refusing, ...hosts] = await Promise.all([refusingUrl(), startFrozenHost(), startFullHost()]);
  [frozen, full] = hosts;
  stage = await startStage({
    casts: {
      'has a name that does not resolve': { first: 'ok', address: () => 'http://nowhere.invalid' },
      'refuses connections': { first: 'ok', address: () => refusing },
      'speaks no TLS': { first: 'ok', address: (url) => url.replace('http:', 'https:') },
      'accepts connections and reads nothing': { first: 'ok', address: () => frozen.url },
      'falls silent on a kept connection': { first: 'ok' },
      'closes kept connections': { first: 'f22a' },
    },
    timeout: briefly,
    retry: { max_attempts: 2 },
  });
  connecting = await startStage({
    casts: { full: { first: 'ok', address: () => full.url } },
    timeout: { connect_seconds: 0.5, headers_seconds: 20, stream_headers_seconds: 20, first_token_seconds: 20 },
  });
});
afterAll(async () => {
  await Promise.all([stage.stop(), connecting.stop()]);
  frozen.stop();
  full.stop();
});

const cases = variants().map((variant) => [variant.title, variant] as const);

describe.each([
  ['has a name that does not resolve', /^\S+ connect_failed$/],
  ['refuses connections', /^\S+ connect_failed$/],
  ['speaks no TLS', /^\S+ connect_failed$/],
  ['accepts connections and reads nothing', /^\S+ headers_timeout$/],
])('F22: a provider that %s', (cast, failures) => {
  it.concurrent.each(cases)('is left for another: %s', async (_, variant) => {
    check(await stage.run(cast, variant), { outcome: 'whole', tries: [0, 1], failures, withinMs: 3_000 });
  });
});

describe('F22: a provider that does not accept connections', () => {
  it.concurrent.each(cases)('is left for another: %s', async (_, variant) => {
    const expected = { outcome: 'whole', tries: [0, 1], failures: /^\S+ connect_timeout$/, withinMs: 5_000 } as const;
    check(await connecting.run('full', variant), expected);
  });
});

describe('F22: a kept connection', () => {
  it.each(cases)('that is closed on reuse is replaced without a trace: %s', async (_, variant) => {
    let stale = 0;
    for (let round = 0; round < 4; round++) {
      const run = await stage.run('closes kept connections', variant);
      check(run, { outcome: 'whole', tries: [1, 0], failures: /^$/ });
      expect(run.line['attempts']).toBe(1);
      stale += stage.first.attempts.filter(
        (one) => isStale(one) && one.headers['x-request-id'] === run.line['request_id'],
      ).length;
    }
    // It did happen.
    expect(stale).toBeGreaterThan(0);
  });

  it.each(cases)('that falls silent is given up in time: %s', async (_, variant) => {
    const cast = 'falls silent on a kept connection';
    check(await stage.run(cast, variant), { outcome: 'whole', tries: [1, 0] });
    stage.first.script([{ kind: 'hang', when: 'before-headers' }]);
    const run = await stage.run(cast, variant);
    check(run, { outcome: 'whole', tries: [1, 1], failures: /^\S+ headers_timeout$/, withinMs: 3_000 });
    expect(run.first[0]?.reused).toBe(true);
    await stage.first.waitUntil(
      () => attemptsOf(stage.first, String(run.line['request_id']))[0]?.outcome === 'client_closed',
    );
  });
});
