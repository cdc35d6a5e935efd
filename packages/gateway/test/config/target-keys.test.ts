import { describe, expect, it } from 'vitest';
import { failureOf, loadFiles, noticesOf } from './load-in-directory.ts';

/** Each section that names targets, with one target that also says this. */
const sections = [
  ['backends', (keys: string) => `backends: [{url: "http://a"${keys}}]`],
  ['providers', (keys: string) => `providers: {a: {base_url: "http://a"${keys}}}`],
  ['models', (keys: string) => `models: {m: {providers: [{name: a, api_base: "http://a"${keys}}]}}`],
] as const;

async function firstTarget(text: string) {
  const { config } = await loadFiles({ 'config.yaml': text });
  return [...config.backends, ...config.providers, ...config.models.flatMap((pool) => pool.providers)][0];
}

describe.each(sections)('targets in %s', (_section, withKeys) => {
  it('say nothing of what no file says', async () => {
    const target = await firstTarget(withKeys(''));
    for (const key of ['timeouts', 'assistantPrefill', 'canaryPercent', 'shadowPercent']) {
      expect(target).not.toHaveProperty(key);
    }
  });

  it('have limits of their own', async () => {
    const text = withKeys(', timeout_seconds: 20, timeout: {connect_seconds: 1, first_token_seconds: 2.5}');
    expect(await firstTarget(text)).toMatchObject({
      timeoutMs: 20_000,
      timeouts: { connectMs: 1000, firstTokenMs: 2500 },
    });
    expect((await firstTarget(text))?.timeouts).not.toHaveProperty('idleMs');
  });

  it('may go on with an answer, or not', async () => {
    expect(await firstTarget(withKeys(', assistant_prefill: true'))).toMatchObject({ assistantPrefill: true });
    expect(await firstTarget(withKeys(', assistant_prefill: off'))).toMatchObject({ assistantPrefill: false });
  });

  it('may be a canary or a shadow', async () => {
    expect(await firstTarget(withKeys(', canary_percent: 2.5'))).toMatchObject({ canaryPercent: 2.5 });
    expect(await firstTarget(withKeys(', shadow_percent: 0'))).toMatchObject({ shadowPercent: 0 });
  });

  it('cannot be both', async () => {
    const message = await failureOf(loadFiles({ 'config.yaml': withKeys(', canary_percent: 1,\n shadow_percent: 1') }));
    expect(message).toMatch(
      /^config\.yaml:2:2: \S+ has both canary_percent and shadow_percent, .* Remove one of them\.$/,
    );
  });

  it.each([
    ['canary_percent: 101', 'canary_percent must be at most 100, not 101.'],
    ['shadow_percent: -1', 'shadow_percent must be at least 0, not -1.'],
    ['assistant_prefill: perhaps', 'assistant_prefill must be true or false, not text.'],
    ['timeout: 30', 'timeout must be a section with keys, not 30.'],
    ['timeout: {idle_seconds: never}', 'timeout.idle_seconds must be a number, not text.'],
  ])('are refused with %s', async (keys, expected) => {
    const message = await failureOf(loadFiles({ 'config.yaml': withKeys(`,\n ${keys}`) }));
    expect(message).toMatch(/^config\.yaml:2:\d+: /);
    expect(message).toContain(expected);
  });
});

describe('targets that are all shadows', () => {
  it('are warned of', async () => {
    const text = `
backends: [{url: "http://a", shadow_percent: 1}, {url: "http://b", enabled: false}]
models:
  m: {providers: [{name: a, api_base: "http://a", shadow_percent: 1}]}
`;
    expect(noticesOf(await loadFiles({ 'config.yaml': text }), 'warning')).toEqual([
      'config.yaml:2:1 backends has only shadows, which never answer a caller. Add a target without shadow_percent.',
      expect.stringMatching(/^config\.yaml:4:\d+ models\.m\.providers has only shadows/),
    ]);
  });

  it('are not, beside one that answers', async () => {
    const text = 'backends: [{url: "http://a", shadow_percent: 1}, {url: "http://b"}]\nmodels: {m: {providers: []}}';
    expect((await loadFiles({ 'config.yaml': text })).notices).toEqual([]);
  });
});

it('does not count shadows where the concurrency comes from the bulkheads', async () => {
  const text =
    'backends: [{url: "http://a"}, {url: "http://b", shadow_percent: 50}]\nresilience: {bulkhead: {max_concurrent: 5}}';
  expect((await loadFiles({ 'config.yaml': text })).config.queue.maxConcurrent).toBe(5);
});

it('gives targets from variables nothing that no file says', async () => {
  const providerVariables = [{ name: 'alpha', environment: { apiKey: ['ALPHA_KEY'] } }];
  const { config } = await loadFiles({}, { env: { ALPHA_KEY: 'k' }, providerVariables });
  expect(config.providers[0]).not.toHaveProperty('shadowPercent');
});

describe.each(sections.filter(([section]) => section !== 'backends'))(
  'the provider of a target in %s',
  (_, withKeys) => {
    it('type of a provider in a pool had no effect', async () => {
      for (const keys of [', type: anthropic', ', kind: anthropic', ', kind: anthropic, type: anthropic']) {
        const loaded = await loadFiles({ 'config.yaml': withKeys(keys) }, { flags: { strict: true } });
        const { models, providers } = loaded.config;
        const [target] = [...models.flatMap((pool) => pool.providers), ...providers];
        expect([target?.kind, noticesOf(loaded, 'warning')]).toEqual(['anthropic', []]);
      }
    });

    it('kind and type that differ were not told', async () => {
      const loaded = await loadFiles({ 'config.yaml': withKeys(', kind: anthropic, type: openai') });
      expect(noticesOf(loaded, 'warning').join()).toMatch(
        /^config.yaml:1:\d+ kind and type mean the same, but differ; kind is used\. Remove the other\.$/,
      );
    });
  },
);
