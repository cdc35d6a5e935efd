import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminRoutes } from '../../src/server/admin/admin-server.ts';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { adminKey, type RecordGateway, startRecordGateway } from './record-gateway.ts';

const roles = ['none', 'wrong', 'user', 'tenant', 'read', 'full', 'ADMIN_KEY'] as const;
type Role = (typeof roles)[number];

/** Who may call what: what is not named here is for those alone who administer everything. */
const readable = [
  'GET /admin/providers',
  'GET /admin/providers/{id}',
  'GET /admin/organisations',
  'GET /admin/organisations/{id}',
  'GET /admin/teams',
  'GET /admin/teams/{id}',
  'GET /admin/config',
  'GET /admin/stats',
];
const ofTenants = [
  'POST /admin/keys',
  'PUT /admin/keys/{id}',
  'POST /admin/keys/{id}/rotate',
  'DELETE /admin/keys/{id}',
];
const ofBoth = [
  'GET /admin/keys',
  'GET /admin/keys/{id}',
  'GET /admin/models',
  'GET /admin/models/{id}',
  'GET /admin/tenants',
  'GET /admin/tenants/{id}',
  'GET /admin/budgets',
  'GET /admin/budgets/{id}',
  'GET /admin/audit',
  'GET /admin/logs',
  'GET /admin/openapi.json',
];

function mayCall(role: Role, route: string): boolean {
  if (role === 'full' || role === 'ADMIN_KEY') return true;
  if (role === 'read') return readable.includes(route) || ofBoth.includes(route);
  return role === 'tenant' && (ofTenants.includes(route) || ofBoth.includes(route));
}

const cases = adminRoutes.flatMap(({ method, path }) => roles.map((role) => ({ method, path, role })));

describe('every route of the admin API', () => {
  let gateway: RecordGateway;
  let drop: () => Promise<void>;
  const keys = new Map<Role, string | undefined>();
  let address = 0;
  beforeAll(async () => {
    const place = await testDialects[0]!.create();
    drop = place.drop;
    // Each call comes from an address of its own: an address that tries many wrong keys is shut out.
    const server = { host: '127.0.0.1', port: 0, metrics_port: 0, trusted_proxies: ['127.0.0.1'] };
    gateway = await startRecordGateway({ location: place.location, config: { server } });
    await gateway.admin('POST', '/admin/tenants', { id: 'acme', name: 'Acme' });
    const make = async (fields: Readonly<Record<string, unknown>>): Promise<string> =>
      (await gateway.admin('POST', '/admin/keys', { name: 'of a role', ...fields })).body.key;
    keys.set('none', undefined);
    keys.set('wrong', 'sk-550e8400-e29b-41d4-a716-446655440000');
    keys.set('user', await make({}));
    keys.set('tenant', await make({ tenant_id: 'acme', scopes: { admin: 'tenant' } }));
    keys.set('read', await make({ scopes: { admin: 'read' } }));
    keys.set('full', await make({ scopes: { admin: 'full' } }));
    keys.set('ADMIN_KEY', adminKey);
  });
  afterAll(async () => {
    await gateway.stop();
    await drop();
  });

  async function ask(method: string, path: string, role: Role) {
    const key = keys.get(role);
    address += 1;
    const headers = {
      'x-forwarded-for': `10.0.${address >> 8}.${address & 255}`,
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    };
    const response = await fetch(gateway.url + path.replace('{id}', 'no-such-id'), { method, headers });
    const text = await response.text();
    return { status: response.status, message: text === '' ? '' : JSON.parse(text).error?.message };
  }

  it.each(cases)('$method $path as $role', async ({ method, path, role }) => {
    const { message, status } = await ask(method, path, role);
    if (role === 'none') expect([status, message]).toEqual([401, 'Missing Authorization header']);
    else if (role === 'wrong' || role === 'user') expect([status, message]).toEqual([401, 'Invalid admin key']);
    else if (mayCall(role, `${method} ${path}`)) expect([200, 400, 404]).toContain(status);
    else expect(status).toBe(403);
  });

  it('is in the tables of this test', () => {
    const known = adminRoutes.map(({ method, path }) => `${method} ${path}`);
    for (const route of [...readable, ...ofTenants, ...ofBoth]) expect(known).toContain(route);
  });

  it.each(['tenant', 'read', 'full', 'ADMIN_KEY'] as const)('has keys that are not for models: %s', async (role) => {
    expect((await gateway.chat(keys.get(role))).status).toBe(401);
  });

  it('shuts out an address that tries many keys', async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 12; count++) {
      const headers = { 'x-forwarded-for': '192.0.2.9', authorization: `Bearer guess-${count}` };
      statuses.push((await fetch(`${gateway.url}/admin/keys`, { headers })).status);
    }
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
    expect(statuses.slice(10)).toEqual([429, 429]);
  });

  it('keeps who administers a tenant within it', async () => {
    const own = keys.get('tenant')!;
    const made = await gateway.admin('POST', '/admin/keys', { name: 'of acme' }, own);
    expect(made).toMatchObject({ status: 201, body: { tenant_id: 'acme' } });
    const other = await gateway.admin('POST', '/admin/keys', { name: 'of nobody' });
    const path = `/admin/keys/${other.body.id}`;
    for (const [method, suffix, body] of [
      ['GET', '', undefined],
      ['PUT', '', { name: 'mine' }],
      ['POST', '/rotate', undefined],
      ['DELETE', '', undefined],
    ] as const) {
      expect((await gateway.admin(method, path + suffix, body, own)).status).toBe(404);
    }
    const listed = await gateway.admin('GET', '/admin/keys', undefined, own);
    expect(new Set(listed.body.map((key: { readonly tenant_id: string }) => key.tenant_id))).toEqual(new Set(['acme']));
    expect((await gateway.admin('GET', '/admin/tenants', undefined, own)).body).toMatchObject([{ id: 'acme' }]);
    for (const grant of [{ scopes: { admin: 'full' } }, { tenant_id: 'other' }, { team_id: 'x' }]) {
      expect((await gateway.admin('POST', '/admin/keys', { name: 'x', ...grant }, own)).status).toBe(403);
      expect((await gateway.admin('PUT', `/admin/keys/${made.body.id}`, grant, own)).status).toBe(403);
    }
    // Nobody makes a key for a tenant of one that belongs to none, where it would open nothing.
    const lost = await gateway.admin('PUT', `/admin/keys/${other.body.id}`, { scopes: { admin: 'tenant' } });
    expect([lost.status, lost.body.error.param]).toEqual([400, 'tenant_id']);
    // Its own rights are not for it to change either.
    const self = (await gateway.admin('GET', '/admin/keys', undefined, own)).body.find(
      (key: { readonly scopes: { readonly admin?: string } }) => key.scopes.admin === 'tenant',
    );
    expect((await gateway.admin('PUT', `/admin/keys/${self.id}`, { expires_at: null }, own)).status).toBe(403);
    const events = await gateway.admin('GET', '/admin/audit', undefined, own);
    expect(events.body.length).toBeGreaterThan(0);
    for (const event of events.body) expect(event.tenant_id).toBe('acme');
  });

  it('is closed to a key for it that was revoked', async () => {
    const made = await gateway.admin('POST', '/admin/keys', { name: 'gone', scopes: { admin: 'full' } });
    expect((await gateway.admin('GET', '/admin/stats', undefined, made.body.key)).status).toBe(200);
    await gateway.admin('DELETE', `/admin/keys/${made.body.id}`);
    expect((await gateway.admin('GET', '/admin/stats', undefined, made.body.key)).status).toBe(401);
  });

  it('is closed to a key for it from another address than its own, and so are the reports', async () => {
    const scopes = { admin: 'full', addresses: ['192.0.2.0/24'] };
    const made = await gateway.admin('POST', '/admin/keys', { name: 'office', scopes });
    const from = async (address: string, path: string): Promise<number> => {
      const headers = { 'x-forwarded-for': address, authorization: `Bearer ${made.body.key}` };
      return (await fetch(gateway.url + path, { headers })).status;
    };
    for (const path of ['/admin/keys', '/api/v1/metrics/cost']) {
      expect([await from('192.0.2.7', path), await from('198.51.100.7', path)]).toEqual([200, 403]);
    }
  });

  it('is closed to a key whose tenant, or its organisation, is inactive, for as long as it is', async () => {
    const organisation = await gateway.admin('POST', '/admin/organisations', { name: 'Group' });
    const belongs = { id: 'rest', name: 'Rest', organisation_id: organisation.body.id };
    await gateway.admin('POST', '/admin/tenants', belongs);
    const made = await gateway.admin('POST', '/admin/keys', {
      name: 'of rest',
      tenant_id: 'rest',
      scopes: { admin: 'tenant' },
    });
    const statusWhile = async (path: string, isActive: boolean): Promise<number> => {
      await gateway.admin('PUT', path, { is_active: isActive });
      return (await gateway.admin('GET', '/admin/keys', undefined, made.body.key)).status;
    };
    for (const path of ['/admin/tenants/rest', `/admin/organisations/${organisation.body.id}`]) {
      expect([await statusWhile(path, false), await statusWhile(path, true)]).toEqual([403, 200]);
    }
  });

  it('shows when a key for it was last used', async () => {
    const made = await gateway.admin('POST', '/admin/keys', { name: 'used', scopes: { admin: 'read' } });
    await gateway.admin('GET', '/admin/stats', undefined, made.body.key);
    await gateway.record.keyUses.write();
    const shown = await gateway.admin('GET', `/admin/keys/${made.body.id}`);
    expect(shown.body.last_used_at).toEqual(expect.any(String));
  });
});

describe('without ADMIN_KEY', () => {
  it('is not there', async () => {
    const place = await testDialects[0]!.create();
    const gateway = await startRecordGateway({ location: place.location, env: { ADMIN_KEY: '' } });
    for (const { method, path } of adminRoutes) {
      expect((await gateway.admin(method, path.replace('{id}', 'x'))).status).toBe(404);
    }
    await gateway.stop();
    await place.drop();
  });
});
