import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { failureOf, loadFiles, noticesOf } from './load-in-directory.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('targets', () => {
  it('reads lists and maps of models', async () => {
    const text = 'providers: {a: {models: [x, y]}, b: {models: {public: upstream}}, c: {model: only}, d: {}}';
    const { config } = await loadFiles({ 'config.yaml': text });
    expect(config.providers.map(({ models }) => models && [...models])).toEqual([
      [
        ['x', 'x'],
        ['y', 'y'],
      ],
      [['public', 'upstream']],
      [['only', 'only']],
      undefined,
    ]);
    expect(config.providers[2]?.defaultModel).toBe('only');
  });

  it('derives the concurrency from the bulkheads', async () => {
    const text =
      'backends: [{url: "http://a"}, {url: "http://b", enabled: false}]\nvllm_backends: {m: ["http://c", "http://d"]}\n';
    const bulkhead = 'resilience: {bulkhead: {max_concurrent: 5}}';
    expect((await loadFiles({ 'config.yaml': text })).config.queue.maxConcurrent).toBe(1000);
    expect((await loadFiles({ 'config.yaml': text + bulkhead })).config.queue.maxConcurrent).toBe(15);
    expect(
      (await loadFiles({ 'config.yaml': `${text + bulkhead}\nqueue: {max_concurrent: 3}` })).config.queue.maxConcurrent,
    ).toBe(3);
  });

  it('reads both limits', async () => {
    const text = 'rate_limit: {}\nsecurity: {rate_limit: {requests_per_minute: 120, burst_size: 5}}';
    expect((await loadFiles({ 'config.yaml': text })).config.rateLimits).toEqual([
      { rule: { id: 'rate_limit', algorithm: 'sliding_window', limit: 60, windowMs: 60_000 }, key: 'bearer' },
      {
        rule: { id: 'security.rate_limit', algorithm: 'token_bucket', capacity: 5, refillPerSecond: 2 },
        key: 'tenant_or_address',
      },
    ]);
    const other = 'rate_limit: {algorithm: token-bucket}\nsecurity: {enabled: false, rate_limit: {}}';
    expect((await loadFiles({ 'config.yaml': other })).config.rateLimits).toMatchObject([
      { rule: { algorithm: 'token_bucket', capacity: 60, refillPerSecond: 1 } },
    ]);
  });
});

describe('VLLM_BACKENDS', () => {
  it('takes single addresses and replicas', async () => {
    const env = { VLLM_BACKENDS: '{"org/m": "http://a:8000", "n": ["http://b", "http://c"]}' };
    expect((await loadFiles({}, { env })).config.vllmBackends).toEqual([
      { model: 'org/m', urls: ['http://a:8000'] },
      { model: 'n', urls: ['http://b', 'http://c'] },
    ]);
  });

  it('names itself and the place of a mistake', async () => {
    const env = { VLLM_BACKENDS: '{"m" "http://a"}' };
    expect(await failureOf(loadFiles({}, { env }))).toMatch(/VLLM_BACKENDS is not valid JSON: .* line 1, column 6/);
    const wrong = { VLLM_BACKENDS: '{"m": 5}' };
    expect(await failureOf(loadFiles({}, { env: wrong }))).toMatch(/VLLM_BACKENDS must be a JSON object.*"m" is not/);
    expect(await failureOf(loadFiles({}, { env: { VLLM_BACKENDS: '[]' } }))).toMatch(/VLLM_BACKENDS must be/);
  });
});

describe('keys', () => {
  it('is open without any and required with some', async () => {
    expect((await loadFiles({})).config.auth).toEqual({ mode: 'open', modeGiven: false, keys: [] });
    const text = `auth:\n  keys:\n    - one\n    - {name: web, key: two, tenant: t}\n    - {sha256: ${sha256('three').toUpperCase()}}\n`;
    const loaded = await loadFiles({ 'config.yaml': text }, { env: { GATEWAY_API_KEYS: 'four, one' } });
    expect(loaded.config.auth).toEqual({
      mode: 'required',
      modeGiven: false,
      keys: [
        { name: 'key-1', sha256: sha256('one'), tenant: undefined },
        { name: 'web', sha256: sha256('two'), tenant: 't' },
        { name: 'key-3', sha256: sha256('three'), tenant: undefined },
        { name: 'environment-1', sha256: sha256('four'), tenant: undefined },
      ],
    });
  });

  it('stays closed when the variable of the only key is not set', async () => {
    const loaded = await loadFiles({ 'config.yaml': `auth: {keys: ["\${KEY}", {name: a, key: "\${OTHER}"}]}` });
    expect(loaded.config.auth).toEqual({ mode: 'required', modeGiven: false, keys: [] });
    expect(noticesOf(loaded, 'warning').join('\n')).toMatch(/every request will be refused/);
  });

  it('follows the flag before the variable before the file', async () => {
    const files = { 'config.yaml': 'auth: {mode: open, keys: [a]}' };
    expect((await loadFiles(files)).config.auth).toMatchObject({ mode: 'open', modeGiven: true });
    const env = { AUTH_MODE: 'required' };
    expect((await loadFiles(files, { env })).config.auth.mode).toBe('required');
    expect((await loadFiles(files, { env, flags: { open: true } })).config.auth.mode).toBe('open');
  });
});

describe('providers by variables', () => {
  const providerVariables = [
    {
      name: 'alpha-cloud',
      aliases: ['alpha'],
      environment: { apiKey: ['ALPHA_KEY', 'ALPHA_TOKEN'], baseUrl: ['ALPHA_URL'] },
    },
    { name: 'local', needsKey: false, environment: { apiKey: ['LOCAL_KEY'], baseUrl: ['LOCAL_HOST'] } },
    { name: 'own', baseUrl: 'http://localhost:1/v1', environment: { apiKey: ['OWN_KEY'], baseUrl: ['OWN_URL'] } },
    { name: 'gamma', environment: { apiKey: ['GAMMA_KEY'], baseUrl: ['GAMMA_URL'] } },
  ];

  it('sets up those with a key, or with an address where that is enough', async () => {
    const env = {
      ALPHA_TOKEN: 'k',
      LOCAL_HOST: 'localhost:11434',
      OWN_URL: 'http://o',
      GAMMA_URL: 'http://g',
      ALPHA_KEY: '',
    };
    const { config } = await loadFiles({}, { env, providerVariables });
    expect(config.providers).toMatchObject([
      { name: 'alpha-cloud', apiKey: 'k', baseUrl: undefined, enabled: true },
      { name: 'local', apiKey: undefined, baseUrl: 'http://localhost:11434' },
      { name: 'own', baseUrl: 'http://o' },
    ]);
  });

  it.each([
    ['gpu', 'http://gpu:11434'],
    ['gpu:1', 'http://gpu:1'],
    ['gpu/base', 'http://gpu:11434/base'],
    [':1', 'http://127.0.0.1:1'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['[::]:1', 'http://[::1]:1'],
    ['https://gpu', 'https://gpu'],
  ])('completes an address: %s', async (address, expected) => {
    const environment = { apiKey: [], baseUrl: ['LOCAL_HOST'] };
    const local = [{ name: 'local', baseUrl: 'http://localhost:11434/v1', environment }];
    const { config } = await loadFiles({}, { env: { LOCAL_HOST: address }, providerVariables: local });
    expect(config.providers).toMatchObject([{ baseUrl: expected }]);
  });

  it('leaves a file that lists its providers alone', async () => {
    const env = { ALPHA_KEY: 'k' };
    const files = { 'config.yaml': 'backends: [{url: "http://a"}]' };
    expect((await loadFiles(files, { env, providerVariables })).config.providers).toEqual([]);
    const without = { 'config.yaml': 'server: {port: 1}' };
    expect((await loadFiles(without, { env, providerVariables })).config.providers).toHaveLength(1);
  });

  it("lends a key to a provider of the file, but only at the provider's own address", async () => {
    const env = { ALPHA_KEY: 'k' };
    const text =
      'providers: {alpha_cloud: {}, mine: {kind: alpha}, other: {kind: alpha, base_url: "http://elsewhere"}}';
    const { config } = await loadFiles({ 'config.yaml': text }, { env, providerVariables });
    expect(config.providers.map(({ apiKey }) => apiKey)).toEqual(['k', 'k', undefined]);
  });
});
