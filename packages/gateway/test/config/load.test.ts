import { describe, expect, it } from 'vitest';
import { type ConfigError, formatProblem } from '../../src/config/gateway-config.ts';
import { failureOf, loadFiles, noticesOf } from './load-in-directory.ts';

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
        streamIdleMs: 30_000,
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
    [
      'config.yaml',
      'server:\n  port: 1\n  port: 2\n',
      /^config\.yaml:3:3: is not valid YAML: the key `port` is there already, at line 2\. [^()]*$/,
    ],
    ['config.yaml', 'a: 1\n---\nb: 2\n', /^config\.yaml:2:1: is not valid YAML: another document begins here[^()]*$/],
    [
      'gateway.json',
      '{"a": 1,\n "a": 2}',
      /^gateway\.json:2:2: is not valid JSON: the key `a` is there already, at line 1/,
    ],
    [
      'config.yaml',
      'models:\n  a: {}\n  b:\n    providers:\n      - name: x\n        weight: 1\n        weight: 2\n',
      /^config\.yaml:7:9: is not valid YAML: the key `weight` is there already, at line 6/,
    ],
    ['config.toml', '[server]\n[auth]\n[server]\n', /^config\.toml:3:\d+: is not valid TOML: .* Put both into one/],
    ['config.yaml', `server: {port: \${PORT}}\nmodels: {}\n`, /^config\.yaml:1:17: .* put quotation marks [^\n]*$/],
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

describe('variables of a file', () => {
  it('were refused without the line', async () => {
    const files = { '.env': 'A=1\nLISTEN_ADDR=abc\nAUTH_MODE=opne\n' };
    expect(await failureOf(loadFiles(files))).toMatch(
      /^\.env:2:1: The variable LISTEN_ADDR .*\n\.env:3:1: The variable AUTH_MODE .* Did you mean `open`\?$/,
    );
    expect(await failureOf(loadFiles(files, { env: { LISTEN_ADDR: 'x', AUTH_MODE: 'open' } }))).toMatch(
      /^The variable LISTEN_ADDR/,
    );
  });

  it('did nothing without a word when misspelled', async () => {
    const files = {
      '.env': 'LISTEN_ADR=:1\nLOG_LEVAL=warn\nLOG_LEVEL\nAUTH_MODE=open\nAUTH_MODE=open\nMY_APP=1\n',
      'config.yaml': `server: {host: "\${LOG_LEVAL:-127.0.0.1}"}`,
    };
    const { notices } = await loadFiles(files);
    expect(notices.map(formatProblem)).toEqual([
      '.env:3:1: This line gives no variable a value and has no effect. Write NAME=value, or # before a remark.',
      '.env:1:1: LISTEN_ADR is no variable that the gateway or its configuration reads. Did you mean `LISTEN_ADDR`?',
      '.env:4:1: AUTH_MODE is there again at line 5, which counts. Remove one of them.',
    ]);
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

  it('a misspelled key behind an error was only told once the error was mended', async () => {
    const loading = loadFiles({ 'config.yaml': 'auth:\n  keys:\n    - {name: app, kye: sk-1}\n' });
    const error = await loading.catch((cause: unknown) => cause);
    expect((error as ConfigError).message).toContain('auth.keys[0] needs either `key` or `sha256`.');
    expect((error as ConfigError).warnings.map(formatProblem)).toEqual([
      'config.yaml:3:19: auth.keys[0].kye is not a known key and has no effect. Did you mean `key`?',
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
