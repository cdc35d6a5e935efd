import { describe, expect, it } from 'vitest';
import { failureOf, loadFiles, noticesOf } from './load-in-directory.ts';

const providers = 'providers: [{name: a, api_base: "http://a"}]';

async function configOf(text: string) {
  return (await loadFiles({ 'config.yaml': text })).config;
}

/** What the pool `m` says of its routes, beside these settings of `routing`. */
async function poolOptionsOf(pool: string, routing = '{}') {
  const config = await configOf(`routing: ${routing}\nmodels: {m: {${pool ? `${pool}, ` : ''}${providers}}}`);
  return config.models[0]?.options;
}

describe('strategies', () => {
  it.each(['latency_optimized', 'least-latency', 'cost_optimized', 'quota_aware', 'sticky', 'consistent_hash'])(
    'go through as configured: %s',
    async (strategy) => {
      const text = `routing: {strategy: ${strategy}}\nmodels: {m: {strategy: ${strategy}, ${providers}}}`;
      const { config, notices } = await loadFiles({ 'config.yaml': text });
      expect(config.routing.strategy).toBe(strategy.replace('-', '_'));
      expect(config.models[0]?.strategy).toBe(strategy.replace('-', '_'));
      expect(notices).toEqual([]);
    },
  );
});

describe('options of routes', () => {
  const defaults = { streamRecovery: 'auto', stickyBy: { kind: 'key' }, hedging: undefined, singleFlight: false };

  it('are always there', async () => {
    expect((await loadFiles({})).config.routing.options).toEqual(defaults);
    expect((await configOf('routing: {hedging: {enabled: false, percentile: 50}}')).routing.options).toEqual(defaults);
  });

  it('are read', async () => {
    const text =
      'routing: {stream_recovery: buffer, sticky_by: "header:X-Session", hedging: {min_delay_ms: 0}, single_flight: true}';
    expect((await configOf(text)).routing.options).toEqual({
      streamRecovery: 'buffer',
      stickyBy: { kind: 'header', name: 'x-session' },
      hedging: { percentile: 95, minDelayMs: 0, maxExtraPercent: 5 },
      singleFlight: true,
    });
    const other = 'routing: {hedging: {percentile: 99.9, max_extra_percent: 0.5}, sticky_by: conversation}';
    expect((await configOf(other)).routing.options).toMatchObject({
      stickyBy: { kind: 'conversation' },
      hedging: { percentile: 99.9, minDelayMs: 500, maxExtraPercent: 0.5 },
    });
  });

  it.each(['auto', 'continue', 'restart', 'buffer', 'error'])('take the recovery %s', async (mode) => {
    expect((await configOf(`routing: {stream_recovery: ${mode}}`)).routing.options?.streamRecovery).toBe(mode);
  });

  it('of a pool are absent when it says none', async () => {
    const { models } = await configOf(`routing: {single_flight: true}\nmodels: {m: {${providers}}}`);
    expect(models[0]).not.toHaveProperty('options');
  });

  it('of a pool are only what it says', async () => {
    const routing = '{single_flight: true, stream_recovery: error}';
    expect(await poolOptionsOf('stream_recovery: restart', routing)).toEqual({ streamRecovery: 'restart' });
    expect(await poolOptionsOf('single_flight: false', routing)).toEqual({ singleFlight: false });
    expect(await poolOptionsOf('sticky_by: conversation', routing)).toEqual({ stickyBy: { kind: 'conversation' } });
  });
});

describe('hedging of a pool', () => {
  it.each([
    ['hedging: {}', '{}', { percentile: 95, minDelayMs: 500, maxExtraPercent: 5 }],
    ['hedging: {percentile: 90}', '{}', { percentile: 90, minDelayMs: 500, maxExtraPercent: 5 }],
    [
      'hedging: {percentile: 90}',
      '{hedging: {min_delay_ms: 7, percentile: 80}}',
      { percentile: 90, minDelayMs: 7, maxExtraPercent: 5 },
    ],
    [
      'hedging: {}',
      '{hedging: {enabled: false, max_extra_percent: 1}}',
      { percentile: 95, minDelayMs: 500, maxExtraPercent: 1 },
    ],
  ])('is its own before that of all: %s beside %s', async (pool, routing, expected) => {
    expect(await poolOptionsOf(pool, routing)).toEqual({ hedging: expected });
  });

  it('is undefined, not absent, when the pool switches it off', async () => {
    expect(await poolOptionsOf('hedging: {enabled: false}', '{hedging: {}}')).toHaveProperty('hedging', undefined);
  });
});

describe('fallbacks', () => {
  const none = { contextExceeded: [], contentRefused: [], any: [] };

  it('are an empty map without any', async () => {
    expect((await loadFiles({})).config.routing.fallbacks).toEqual(new Map());
  });

  it('are read in both forms', async () => {
    const text = `
routing:
  fallbacks:
    small: [large, huge, large]
    large: {context_exceeded: huge, content_refused: [other, small]}
    "*": {any: [small]}
    lone: {}
`;
    expect((await configOf(text)).routing.fallbacks).toEqual(
      new Map([
        ['small', { ...none, any: ['large', 'huge'] }],
        ['large', { ...none, contextExceeded: ['huge'], contentRefused: ['other', 'small'] }],
        ['*', { ...none, any: ['small'] }],
        ['lone', none],
      ]),
    );
  });

  it('of a model win over its entry in routing, as a whole', async () => {
    const text = `
routing: {fallbacks: {m: {any: [x], context_exceeded: [y]}, n: [x]}}
models: {m: {fallbacks: {any: [z]}, ${providers}}, n: {fallbacks: [], ${providers}}, o: {fallbacks: [m], ${providers}}}
`;
    expect((await configOf(text)).routing.fallbacks).toEqual(
      new Map([
        ['m', { ...none, any: ['z'] }],
        ['n', none],
        ['o', { ...none, any: ['m'] }],
      ]),
    );
  });

  it('leave the routes of a model without providers as they are', async () => {
    const { config, notices } = await loadFiles({ 'config.yaml': 'models: {m: {fallbacks: [n]}}' });
    expect(config.models).toEqual([]);
    expect(config.routing.fallbacks?.get('m')).toEqual({ ...none, any: ['n'] });
    expect(notices).toEqual([]);
  });

  it('do not name the model itself', async () => {
    const text = 'routing:\n  fallbacks:\n    m: {any: [n, m]}\n    n: [n]\nmodels:\n  o:\n    fallbacks: [p, o]\n';
    const loaded = await loadFiles({ 'config.yaml': text });
    expect(loaded.config.routing.fallbacks).toEqual(
      new Map([
        ['m', { ...none, any: ['n'] }],
        ['n', none],
        ['o', { ...none, any: ['p'] }],
      ]),
    );
    expect(noticesOf(loaded, 'warning')).toEqual([
      'config.yaml:3:18 The model m cannot stand in for itself and is left out here. Remove it.',
      'config.yaml:4:9 The model n cannot stand in for itself and is left out here. Remove it.',
      'config.yaml:7:20 The model o cannot stand in for itself and is left out here. Remove it.',
    ]);
  });

  it('warn of kinds that there are not', async () => {
    const loaded = await loadFiles({ 'config.yaml': 'routing: {fallbacks: {m: {context_exeeded: [n]}}}' });
    expect(noticesOf(loaded, 'warning')[0]).toMatch(/m\.context_exeeded is not .* mean `context_exceeded`\?/);
  });
});

it('warns of what is said of routes where there are none', async () => {
  const text = 'models:\n  m: {context_window: 9, sticky_by: key}\n  n: {fallbacks: [m], strategy: sticky}\n';
  expect(noticesOf(await loadFiles({ 'config.yaml': text }), 'warning')).toEqual([
    expect.stringMatching(/^config\.yaml:2:3 models\.m lists no providers, .*`routing`/),
    expect.stringMatching(/^config\.yaml:3:3 models\.n lists no providers/),
  ]);
});

describe('problems', () => {
  it.each([
    ['routing: {stream_recovery: continu}', '1:11: routing.stream_recovery must be one of', 'mean `continue`?'],
    [
      'routing: {sticky_by: session}',
      '1:11: routing.sticky_by must be `key`, `conversation`, or `header:` and the name of a header.',
    ],
    [`models: {m: {sticky_by: "header:a b", ${providers}}}`, '1:14: models.m.sticky_by must be `key`'],
    ['routing: {sticky_by: ""}', 'routing.sticky_by must be `key`'],
    ['routing: {hedging: {percentile: 49}}', '1:21: routing.hedging.percentile must be at least 50, not 49.'],
    ['routing: {hedging: {percentile: 100}}', 'routing.hedging.percentile must be at most 99.9, not 100.'],
    ['routing: {hedging: {max_extra_percent: 101}}', 'hedging.max_extra_percent must be at most 100, not 101.'],
    [
      `models: {m: {hedging: {min_delay_ms: -1}, ${providers}}}`,
      '1:24: models.m.hedging.min_delay_ms must be at least 0',
    ],
    ['routing: {single_flight: sometimes}', 'routing.single_flight must be true or false, not text.'],
    ['routing: {fallbacks: {m: 5}}', '1:23: routing.fallbacks.m must be a list or a section with keys, not 5.'],
    ['routing: {fallbacks: {m: [""]}}', 'routing.fallbacks.m[0] must not be empty.'],
    ['routing: {fallbacks: {m: {any: [1]}}}', 'routing.fallbacks.m.any[0] must be text, not 1. Write it in quotes.'],
    ['routing: {strategy: stiky}', 'Did you mean `sticky`?'],
  ])('%s', async (text, ...expected) => {
    const message = await failureOf(loadFiles({ 'config.yaml': text }));
    for (const part of expected) expect(message).toContain(part);
    expect(message.split('\n')).toHaveLength(1);
    expect(message).not.toMatch(/list or a section.*quotes/);
  });
});
