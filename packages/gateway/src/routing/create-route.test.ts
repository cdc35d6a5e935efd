import { describe, expect, it } from 'vitest';
import { compile, resolve, whereTo } from './catalog.fixture.ts';
import { createRoute } from './create-route.ts';
import { makeBackend, makeConfig, makePool, makePoolProvider, makeProvider } from './gateway-config.fixture.ts';
import { defaultRouteOptions } from './route-options.ts';
import { makeTarget, member } from './target.fixture.ts';
import type { StrategyName, Target } from './target.ts';

function routeOf(targets: readonly Target[], strategy?: StrategyName) {
  const groups = [targets.map((target) => member(target))];
  return createRoute({ id: 'r', label: 'r', groups, strategy, options: defaultRouteOptions });
}

const tiersOf = (route: ReturnType<typeof routeOf>) =>
  route.tiers.map((tier) => tier.map(({ target }) => target.id).join(' '));

const canary = makeTarget('canary', { canaryPercent: 5, weight: 9 });
const shadow = makeTarget('shadow', { shadowPercent: 10, weight: 9 });

describe('targets that are only watched', () => {
  it('are in no tier, and have no say in how load is shared', () => {
    const route = routeOf([makeTarget('a'), shadow, makeTarget('b')]);
    expect(tiersOf(route)).toEqual(['a b']);
    expect(route.shadows?.map(({ target }) => target.id)).toEqual(['shadow']);
    expect(route.strategy).toBe('round_robin');
  });

  it('get nothing when they are switched off', () => {
    const route = routeOf([makeTarget('a'), { ...shadow, enabled: false }]);
    expect(route.shadows).toBeUndefined();
    expect(route.excluded?.map(({ id }) => id)).toEqual(['shadow']);
  });

  it('do not answer as providers either', () => {
    const providers = [
      makeProvider('watched', { kind: 'openai', shadowPercent: 10 }),
      makeProvider('openai'),
      makeProvider('later', { kind: 'openai' }),
    ];
    const catalog = compile(makeConfig({ providers, routing: { fallbackEnabled: false } }));
    expect(whereTo(catalog, 'gpt-4o')).toBe('provider: openai');
    expect(resolve(catalog, 'gpt-4o').route.shadows?.map(({ target }) => target.id)).toEqual(['watched']);
    expect(whereTo(catalog, undefined, { operation: 'moderation' })).toBe('provider: openai');
  });

  it('leave the only provider that answers the only one', () => {
    const providers = [
      makeProvider('watched', { kind: 'openai', shadowPercent: 10 }),
      makeProvider('own', { baseUrl: 'http://own:1/v1' }),
    ];
    for (const fallbackEnabled of [true, false]) {
      const catalog = compile(makeConfig({ providers, routing: { fallbackEnabled } }));
      expect(whereTo(catalog, 'gpt-4o')).toBe('provider: own');
      expect(resolve(catalog, 'gpt-4o').route.shadows?.map(({ target }) => target.id)).toEqual(['watched']);
    }
  });

  it('do not claim the models that they declare', () => {
    const declared = new Map([['new-model', 'new-model']]);
    const providers = [makeProvider('openai'), makeProvider('watched', { models: declared, shadowPercent: 10 })];
    const catalog = compile(makeConfig({ providers, routing: { defaultProvider: 'openai', fallbackEnabled: false } }));
    expect(whereTo(catalog, 'new-model')).toBe('default_provider: openai');
  });
});

describe('canaries', () => {
  it('are in one tier with the target before them where each has its own', () => {
    expect(tiersOf(routeOf([makeTarget('a'), canary, makeTarget('b')], 'priority'))).toEqual(['a canary', 'b']);
    expect(tiersOf(routeOf([canary, makeTarget('a')], 'priority'))).toEqual(['canary', 'a']);
  });

  it('have no say in how the others share load', () => {
    expect(routeOf([makeTarget('a'), canary, makeTarget('b')]).strategy).toBe('round_robin');
  });

  it('come from the configuration, as does what else a target can be', () => {
    const backend = makeBackend('http://h', { canaryPercent: 5, assistantPrefill: true });
    const watched = makeBackend('http://i', { shadowPercent: 1 });
    const { targets } = compile(makeConfig({ backends: [backend, watched] }));
    expect(targets.get('backends/1')).toMatchObject({ canaryPercent: 5, assistantPrefill: true });
    expect(targets.get('backends/2')).toMatchObject({ shadowPercent: 1 });
    expect(targets.get('backends/2')).not.toHaveProperty('canaryPercent');
  });
});

describe('options', () => {
  const hedging = { percentile: 95, minDelayMs: 500, maxExtraPercent: 5 };
  const all = { ...defaultRouteOptions, streamRecovery: 'error', hedging } as const;

  it('are those of all routes, with what a pool says of its own', () => {
    const own = { ...makePool('own', [makePoolProvider('p')]), options: { hedging: undefined, singleFlight: true } };
    const config = makeConfig({
      models: [own, makePool('plain', [makePoolProvider('p')])],
      vllmBackends: [{ model: 'local', urls: ['http://gpu'] }],
      providers: [makeProvider('openai', { models: new Map([['declared', 'd']]) })],
      backends: [makeBackend('http://h')],
      routing: { options: all },
    });
    const catalog = compile(config);
    for (const model of ['plain', 'local', 'declared', 'openai/x', 'any']) {
      expect(resolve(catalog, model).route.options).toEqual(all);
    }
    expect(resolve(catalog, undefined, { operation: 'moderation' }).route.options).toEqual(all);
    expect(resolve(catalog, 'own').route.options).toEqual({ ...all, hedging: undefined, singleFlight: true });
  });

  it('are the defaults where none are configured', () => {
    const catalog = compile(makeConfig({ models: [makePool('m', [makePoolProvider('p')])] }));
    expect(resolve(catalog, 'm').route.options).toEqual(defaultRouteOptions);
  });
});
