import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { managementPaths } from '../../src/server/management-routes.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { adminKey } from './desk.ts';

const callersKey = 'sk-a-callers-own-key-0123456789';
const config = {
  auth: { keys: [{ name: 'app', key: callersKey }] },
  backends: [{ url: 'http://127.0.0.1:9', default_model: 'sim' }],
};

function ask(gateway: TestGateway, path: string, options: { key?: string | undefined; method?: string } = {}) {
  const { key, method = 'GET' } = options;
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const body = method === 'POST' ? '{"model":"sim"}' : null;
  return fetch(gateway.url + path, { method, headers, body });
}

describe('with ADMIN_KEY', () => {
  let gateway: TestGateway;
  // One for each test: wrong keys of an address are counted.
  beforeEach(async () => {
    gateway = await startTestGateway({ config, env: { ADMIN_KEY: adminKey } });
  });
  afterEach(() => gateway.stop());

  describe.each(managementPaths)('%s', (path, method) => {
    // This gateway keeps no record to report from.
    const isReport = /^\/api\/v1\/(metrics|usage)\//.test(path);
    it.each([
      ['the key', adminKey, isReport ? 503 : 200],
      ['no key', undefined, 401],
      ["a caller's key", callersKey, 401],
    ])('answers %s with the right status', async (_name, key, status) => {
      const response = await ask(gateway, path, { key, method });
      expect(response.status).toBe(status);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('content-type')).toBe('application/json');
      const { error } = (await response.json()) as { error?: unknown };
      if (status === 401) expect(error).toMatchObject({ type: 'authentication_error', code: 'invalid_api_key' });
    });

    it('tells its method to those who may come in only', async () => {
      const other = method === 'GET' ? 'POST' : 'GET';
      expect((await ask(gateway, path, { method: other })).status).toBe(401);
      const response = await ask(gateway, path, { key: adminKey, method: other });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toContain(method);
    });
  });

  it('takes the key from the Authorization header only', async () => {
    const path = '/api/v1/routing/config';
    expect((await ask(gateway, `${path}?key=${adminKey}`)).status).toBe(401);
    expect((await fetch(gateway.url + path, { headers: { 'x-api-key': adminKey } })).status).toBe(401);
  });

  it('has nothing else below /api/v1', async () => {
    expect((await ask(gateway, '/api/v1/', { key: adminKey })).status).toBe(404);
    expect((await ask(gateway, '/api/v1/routing', { key: adminKey })).status).toBe(404);
    expect((await ask(gateway, '/api/v1/constructor', { key: adminKey })).status).toBe(404);
  });

  it('does not let the key of operators ask models', async () => {
    const response = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${adminKey}` } });
    expect(response.status).toBe(401);
  });
});

it('refuses whoever sent too many wrong keys, and the right one with them', async () => {
  const gateway = await startTestGateway({ config, env: { ADMIN_KEY: adminKey } });
  const path = '/api/v1/routing/rules';
  for (let count = 0; count < 10; count++) {
    expect((await ask(gateway, path, { key: 'a wrong one' })).status).toBe(401);
  }
  const response = await ask(gateway, path, { key: adminKey });
  expect(response.status).toBe(429);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(50);
  await gateway.stop();
});

describe('closed', () => {
  let gateway: TestGateway;
  afterEach(() => gateway.stop());

  it.each([
    ['without ADMIN_KEY', {}, adminKey],
    ['with one that is too short', { ADMIN_KEY: 'short' }, 'short'],
    ["with a caller's key", { ADMIN_KEY: callersKey }, callersKey],
  ])('%s', async (_name, env: Record<string, string>, key) => {
    gateway = await startTestGateway({ config, env });
    for (const [path, method] of managementPaths) {
      const response = await ask(gateway, path, { key, method });
      expect(response.status).toBe(404);
      expect(await response.text()).toContain('ADMIN_KEY');
    }
  });

  it('to addresses that nobody may call from', async () => {
    const security = { ip_filter: { enabled: true, blacklist: ['127.0.0.0/8'] } };
    gateway = await startTestGateway({ config: { ...config, security }, env: { ADMIN_KEY: adminKey } });
    expect((await ask(gateway, '/api/v1/routing/config', { key: adminKey })).status).toBe(403);
  });

  it('opens with the key that a reload brings', async () => {
    gateway = await startTestGateway({ config });
    const loaded = await gateway.load(config);
    gateway.gateway.reload({ ...loaded, env: { ADMIN_KEY: adminKey } });
    expect((await ask(gateway, '/api/v1/routing/config', { key: adminKey })).status).toBe(200);
  });
});

it.each([
  ['shorter than 16 characters', 'tiny-key-9'],
  ['callers use as well', callersKey],
])('a start with a key that is %s is told so', async (said, key) => {
  const gateway = await startTestGateway({ config, env: { ADMIN_KEY: key } });
  const { notices } = await gateway.load(config);
  expect(notices.map(({ message }) => message).filter((message) => message.includes(said))).toHaveLength(1);
  expect(JSON.stringify(notices)).not.toContain(key);
  await gateway.stop();
});
