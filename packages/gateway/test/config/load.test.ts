import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { failureOf, loadFiles, noticesOf } from './load-in-directory.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('discovery', () => {
  it('needs no file', async () => {
    const { config, notices } = await loadFiles({});
    expect(notices).toEqual([]);
    expect(config.files).toEqual([]);
    expect(config.server).toMatchObject({
      host: '0.0.0.0',
      port: 8080,
      hostGiven: false,
      metricsPort: 9090,
      metricsPortGiven: false,
    });
    expect(config.queue).toEqual({ maxConcurrent: 1000, maxSize: 1000, timeoutMs: 300_000 });
    expect(config.resilience).toMatchObject({
      retry: { maxAttempts: 3, initialDelayMs: 100, maxDelayMs: 5000, backoffMultiplier: 2 },
      timeout: {
        connectMs: 5000,
        requestMs: 300_000,
        streamingMs: 600_000,
        streamHeadersMs: 10_000,
        unaryHeadersMs: 60_000,
        firstTokenMs: 10_000,
        idleMs: 60_000,
      },
      bulkhead: undefined,
    });
    expect(config.security.validation).toEqual({
      maxRequestBytes: 10_485_760,
      maxMessages: 10_000,
      maxMessageLength: 10_000_000,
      maxDepth: 128,
    });
    expect(config.rateLimits).toEqual([]);
    expect(config.proxy.deny).toContain('organization');
  });

  it('takes config.toml before config.yaml and says so', async () => {
    const loaded = await loadFiles({ 'config.toml': '[server]\nport = 1', 'config.yaml': 'server: {port: 2}' });
    expect(loaded.config.server.port).toBe(1);
    expect(noticesOf(loaded, 'warning')[0]).toMatch(/^config\.yaml config\.toml is used/);
  });

  it.each([
    ['gateway.json', '{"server": {"port": 7}}'],
    ['gateway.toml', 'server.port = 7'],
    ['config.yml', 'server:\n  port: 7'],
    ['home/.config/llm-gateway/config.json', '{"server": {"port": 7}}'],
  ])('finds %s', async (name, text) => {
    expect((await loadFiles({ [name]: text })).config.server.port).toBe(7);
  });

  it('takes the flag before GATEWAY_CONFIG before what it finds', async () => {
    const files = { 'config.yaml': 'server: {port: 1}', 'b.yaml': 'server: {port: 2}', 'c.yaml': 'server: {port: 3}' };
    const env = { GATEWAY_CONFIG: 'b.yaml' };
    expect((await loadFiles(files)).config.server.port).toBe(1);
    expect((await loadFiles(files, { env })).config.server.port).toBe(2);
    expect((await loadFiles(files, { env, flags: { config: 'c.yaml' } })).config.server.port).toBe(3);
    expect((await loadFiles({ ...files, '.env': 'CONFIG_PATH=b.yaml' })).config.server.port).toBe(2);
  });

  it('takes a file of variables for the configuration', async () => {
    const files = { 'config.yaml': 'server: {port: 1}', '.env': 'SERVER_PORT=2', 'other.env': 'SERVER_HOST=127.0.0.1' };
    const { config } = await loadFiles(files, { flags: { config: 'other.env' } });
    expect(config.server).toMatchObject({ host: '127.0.0.1', port: 8080 });
    expect(config.files.map((file) => file.split('/').at(-1))).toEqual(['other.env']);
  });

  it('refuses a named file that is missing or of an unknown kind', async () => {
    expect(await failureOf(loadFiles({}, { flags: { config: 'no.yaml' } }))).toBe('no.yaml: does not exist');
    expect(await failureOf(loadFiles({ 'a.ini': '' }, { flags: { config: 'a.ini' } }))).toMatch(/^a\.ini: the ending/);
  });

  it('reads files with a byte order mark and CRLF, and empty ones', async () => {
    expect((await loadFiles({ 'config.yaml': '\uFEFFserver:\r\n  port: 7\r\n' })).config.server.port).toBe(7);
    expect((await loadFiles({ 'config.toml': '\uFEFF[server]\r\nport = 7\r\n' })).config.server.port).toBe(7);
    expect((await loadFiles({ 'config.yaml': '# nothing\n' })).notices).toEqual([]);
    expect((await loadFiles({ 'config.yaml': 'server:\nqueue:\n' })).notices).toEqual([]);
  });
});

describe('precedence', () => {
  const files = {
    'config.yaml': 'server: {host: file, port: 1, metrics_port: 2}\ntelemetry: {logging: {level: error}}',
  };
  const env = {
    GATEWAY_LISTEN_ADDR: 'gateway:3',
    LISTEN_ADDR: 'listen:4',
    SERVER_HOST: 'server',
    SERVER_PORT: '5',
    METRICS_PORT: '6',
    LOG_LEVEL: 'debug',
    RUST_LOG: 'trace',
  };

  it('is flag, variable, file', async () => {
    const flags = { host: 'flag', port: 9, metricsPort: 8, logLevel: 'warn' } as const;
    const byFlag = (await loadFiles(files, { env, flags })).config;
    expect(byFlag.server).toMatchObject({
      host: 'flag',
      port: 9,
      metricsPort: 8,
      hostGiven: true,
      metricsPortGiven: true,
    });
    expect(byFlag.telemetry.logging.level).toBe('warn');
    const byVariable = (await loadFiles(files, { env })).config;
    expect(byVariable.server).toMatchObject({ host: 'gateway', port: 3, metricsPort: 6 });
    expect(byVariable.telemetry.logging.level).toBe('debug');
    const byFile = (await loadFiles(files)).config;
    expect(byFile.server).toMatchObject({ host: 'file', port: 1, metricsPort: 2, hostGiven: true });
    expect(byFile.telemetry.logging.level).toBe('error');
  });

  it('has LISTEN_ADDR before SERVER_HOST, and RUST_LOG after LOG_LEVEL', async () => {
    const { GATEWAY_LISTEN_ADDR: _, LOG_LEVEL: __, ...rest } = env;
    const { config } = await loadFiles(files, { env: rest });
    expect(config.server).toMatchObject({ host: 'listen', port: 4 });
    expect(config.telemetry.logging.level).toBe('trace');
    const flags = { logLevel: 'warn' } as const;
    const filter = { ...rest, RUST_LOG: 'health=debug' };
    expect((await loadFiles(files, { env: filter })).config.telemetry.logging).toMatchObject({
      level: 'error',
      levels: { health: 'debug' },
    });
    expect((await loadFiles(files, { env: filter, flags })).config.telemetry.logging.levels).toEqual({});
    const { LISTEN_ADDR: ___, ...others } = rest;
    expect((await loadFiles(files, { env: others })).config.server).toMatchObject({ host: 'server', port: 5 });
  });

  it('lets the process win over .env', async () => {
    const loaded = await loadFiles({ '.env': 'SERVER_PORT=1\nMETRICS_PORT=2' }, { env: { SERVER_PORT: '3' } });
    expect(loaded.config.server).toMatchObject({ port: 3, metricsPort: 2 });
    expect(loaded.env).toMatchObject({ SERVER_PORT: '3', METRICS_PORT: '2' });
  });

  it('has telemetry.metrics.port before server.metrics_port', async () => {
    const text = 'server: {metrics_port: 1}\ntelemetry: {metrics: {port: 2}}';
    expect((await loadFiles({ 'config.yaml': text })).config.server.metricsPort).toBe(2);
  });

  it('refuses variables that make no sense, by name', async () => {
    const env = { LISTEN_ADDR: 'nonsense', METRICS_PORT: '99999', AUTH_MODE: 'maybe' };
    const message = await failureOf(loadFiles({}, { env }));
    expect(message).toMatch(/LISTEN_ADDR must be[\s\S]*METRICS_PORT must be[\s\S]*AUTH_MODE must be/);
  });
});

describe('problems', () => {
  it.each([
    [
      'config.yaml',
      'server:\n  host: a\n  port: "eighty"\n',
      'config.yaml:3:3: server.port must be a number, not text.',
    ],
    ['config.toml', '[server]\n\n  port = "eighty"\n', 'config.toml:3:3: server.port must be a number, not text.'],
    [
      'gateway.json',
      '{\n\t"server": {"port": "eighty"}\n}',
      'gateway.json:2:13: server.port must be a number, not text.',
    ],
    ['config.yaml', 'server: {port: 70000}', 'config.yaml:1:10: server.port must be at most 65535, not 70000.'],
    ['config.yaml', 'server: 5', 'config.yaml:1:1: server must be a section with keys, not 5.'],
    ['config.yaml', 'just text', 'config.yaml: the document must be a section with keys, not text.'],
    [
      'config.yaml',
      'backends:\n  - url: http://a\n  - weight: 2\n',
      'config.yaml:3:5: backends[1].url is missing: give the base URL of the backend.',
    ],
    [
      'config.toml',
      '[[backends]]\nurl="http://a"\n[[backends]]\nurl="ftp://b"',
      'config.toml:4:1: backends[1].url must be an address that begins with http:// or https://.',
    ],
    [
      'config.yaml',
      'models:\n  m:\n    providers:\n      - api_base: http://a',
      'config.yaml:4:9: models.m.providers[0].name is missing: it must be text.',
    ],
    ['config.yaml', 'routing: {strategy: round_robbin}', 'Did you mean `round_robin`?'],
    [
      'config.yaml',
      'providers:\n  x: {api_version: 1.0}',
      'providers.x.api_version must be text, not 1. Write it in quotes.',
    ],
    ['config.yaml', 'auth: {keys: [{name: a}]}', 'config.yaml:1:15: auth.keys[0] needs either `key` or `sha256`.'],
    ['config.yaml', 'auth: {keys: [{name: a, key: x}, {name: a, key: y}]}', 'two keys named a'],
    [
      'config.yaml',
      'security: {ip_filter: {whitelist: [10.0.0.0/99]}}',
      'security.ip_filter.whitelist[0] must be an IP address or a CIDR range.',
    ],
  ])('%s %j: %s', async (name, text, expected) => {
    expect(await failureOf(loadFiles({ [name]: text }))).toContain(expected);
  });

  it.each([
    ['config.yaml', 'a: 1\nb: [secret-key\n', /^config\.yaml:\d+:\d+: is not valid YAML/],
    ['config.yaml', 'server:\n  port: 1\n  port: 2\n', /^config\.yaml:3:3: is not valid YAML/],
    ['config.yaml', 'tenants: &a [*a]', /^config\.yaml: is not valid YAML: an alias contains itself/],
    ['config.yaml', 'tenants: *a', /^config\.yaml: is not valid YAML: Unresolved alias/],
    ['config.toml', 'a = 1\nb = "secret-key\n', /^config\.toml:2:\d+: is not valid TOML/],
    ['gateway.json', '{"a": "secret-key",\n}', /^gateway\.json:2:1: is not valid JSON/],
  ])('%s with broken syntax: %j', async (name, text, pattern) => {
    const message = await failureOf(loadFiles({ [name]: text }));
    expect(message).toMatch(pattern);
    expect(message).not.toContain('secret-key');
  });

  it('reports all at once', async () => {
    const text = 'server: {port: x, timeout_seconds: -1}\nqueue: {max_size: 1.5}';
    expect((await failureOf(loadFiles({ 'config.yaml': text }))).split('\n')).toHaveLength(3);
  });

  it('does not quote values that may be secret', async () => {
    const text = 'providers: {a: {enabled: sk-secret, weight: sk-secret, base_url: sk-secret}}';
    expect(await failureOf(loadFiles({ 'config.yaml': text }))).not.toContain('sk-secret');
  });
});

describe('unknown keys', () => {
  const text = 'server:\n  prot: 1\nmodels:\n  m:\n    providers:\n      - {name: a, api_base: http://a, apikey: b}\n';

  it('warns with place and suggestion', async () => {
    expect(noticesOf(await loadFiles({ 'config.yaml': text }), 'warning')).toEqual([
      'config.yaml:2:3 server.prot is not a known key and has no effect. Did you mean `port`?',
      'config.yaml:6:39 models.m.providers[0].apikey is not a known key and has no effect. Did you mean `api_key`?',
    ]);
  });

  it('refuses them when strict', async () => {
    expect(await failureOf(loadFiles({ 'config.yaml': text }, { flags: { strict: true } }))).toMatch(
      /^config\.yaml:2:3: server\.prot/,
    );
  });
});

describe('coercion', () => {
  it('turns substituted text into numbers and booleans', async () => {
    const text = `server: {port: "\${PORT:-8081}", drain_seconds: "\${DRAIN}"}\nproxy: {enabled: "\${PROXY:-off}"}`;
    const { config } = await loadFiles({ 'config.yaml': text }, { env: { DRAIN: '1.5' } });
    expect(config.server).toMatchObject({ port: 8081, drainMs: 1500 });
    expect(config.proxy.enabled).toBe(false);
  });

  it('reads yes and on, and dates that are versions', async () => {
    const yaml = 'proxy: {enabled: no}\nproviders: {a: {api_version: 2024-01-01, enabled: yes}}';
    const { config } = await loadFiles({ 'config.yaml': yaml });
    expect(config.proxy.enabled).toBe(false);
    expect(config.providers[0]).toMatchObject({ apiVersion: '2024-01-01', enabled: true });
    const toml = await loadFiles({ 'config.toml': '[providers.a]\napi_version = 2024-01-01' });
    expect(toml.config.providers[0]?.apiVersion).toBe('2024-01-01');
  });

  it('takes a name with nothing behind it for an entry with defaults', async () => {
    const { config } = await loadFiles({ 'config.yaml': 'providers:\n  a:\n  b:\n' });
    expect(config.providers.map(({ name, enabled }) => [name, enabled])).toEqual([
      ['a', true],
      ['b', true],
    ]);
  });

  it('keeps model names that look like numbers', async () => {
    const { config } = await loadFiles({ 'config.yaml': 'models: {1.0: {providers: []}}' });
    expect(config.models[0]?.key).toBe('1.0');
  });
});

describe('variables in values', () => {
  it('shows a target whose key is not set, and leaves out one without an address', async () => {
    const text = `backends:\n  - {url: "http://a", api_key: "\${KEY}"}\n  - {url: "\${URL}"}\nproviders: {p: {base_url: "\${URL}"}}`;
    const loaded = await loadFiles({ 'config.yaml': text });
    expect(loaded.config.backends).toMatchObject([{ url: 'http://a', apiKey: null, unset: { apiKey: 'KEY' } }]);
    expect(loaded.config.providers[0]).toMatchObject({ baseUrl: null, apiKey: undefined, unset: { baseUrl: 'URL' } });
    expect(noticesOf(loaded, 'warning').join('\n')).toMatch(
      /config\.yaml:2:\d+ backends\[0\]\.api_key names the variable KEY/,
    );
  });

  it('refuses access lists that lost an entry', async () => {
    const text = `security: {ip_filter: {whitelist: ["\${OFFICE}"]}}`;
    expect(await failureOf(loadFiles({ 'config.yaml': text }))).toMatch(/while the variable OFFICE is not set/);
    const off = `security: {ip_filter: {enabled: false, whitelist: ["\${OFFICE}"]}}`;
    expect((await loadFiles({ 'config.yaml': off })).config.security.ipFilter).toBeUndefined();
  });
});

describe('aliases', () => {
  it('takes each name of an address', async () => {
    const text =
      'backends: [{url: "http://a"}, {base_url: "http://b"}, {api_base: "http://c"}, {endpoint: "http://d"}]';
    const { config } = await loadFiles({ 'config.yaml': text });
    expect(config.backends.map(({ url }) => url)).toEqual(['http://a', 'http://b', 'http://c', 'http://d']);
  });

  it('warns when two of them differ', async () => {
    const loaded = await loadFiles({ 'config.yaml': 'backends: [{url: "http://a", base_url: "http://b"}]' });
    expect(noticesOf(loaded, 'warning')[0]).toMatch(/url and base_url mean the same/);
  });

  it('takes each name of an address list', async () => {
    const text = 'security: {ip_filter: {allowlist: [10.0.0.1], blacklist: ["::1"], deny: [10.0.0.2]}}';
    expect((await loadFiles({ 'config.yaml': text })).config.security.ipFilter).toEqual({
      allow: ['10.0.0.1'],
      deny: ['::1', '10.0.0.2'],
    });
  });
});

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

describe('notices of what is still to come', () => {
  it('has one line for each', async () => {
    const text = 'cache: {}\nplugins: {a: 1}\n';
    const loaded = await loadFiles({ 'config.yaml': text }, { env: { ADMIN_KEY: 'my-secret-admin-key' } });
    expect(noticesOf(loaded, 'pending').map((line) => line.split(' ')[0])).toEqual([
      'config.yaml:1:1',
      'config.yaml:2:1',
    ]);
    expect(noticesOf(loaded, 'warning')).toEqual([expect.stringContaining('ADMIN_KEY has the value of a sample')]);
  });
});
