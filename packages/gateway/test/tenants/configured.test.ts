import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { startTenantGateway, type TenantGateway } from './tenant-gateway.ts';

let gateway: TenantGateway;
beforeAll(async () => {
  const keys = ['acme', 'small', 'free', 'kept', 'below'].map((tenant) => ({
    name: `of-${tenant}`,
    key: `sk-key-of-${tenant}`,
    tenant,
  }));
  gateway = await startTenantGateway(testDialects[0]!, {
    auth: { keys },
    tenants: {
      acme: { data_residency: ['eu'], allowed_models: ['gpt-4o'], config: { default_model: 'gpt-4o' } },
      small: { quotas: { requests_per_day: 2 } },
    },
  });
});
afterAll(() => gateway.end());

it('holds for the keys of the configuration that name the tenant, and for no others', async () => {
  const before = gateway.us.attemptCount;
  expect((await gateway.chat('sk-key-of-acme')).status).toBe(200);
  expect((await gateway.chat('sk-key-of-acme', 'x', { model: undefined })).status).toBe(200);
  expect((await gateway.chat('sk-key-of-acme', 'other')).status).toBe(403);
  expect(gateway.us.attemptCount).toBe(before);
  expect((await gateway.chat('sk-key-of-free', 'other')).status).toBe(200);
});

it('holds for the keys of the record that belong to the tenant, together with what the record says', async () => {
  await gateway.make('tenants', { id: 'acme', name: 'Acme', settings: { allowed_providers: ['in-us'] } });
  const key = await gateway.keyOf({ tenant_id: 'acme' });
  // The one says which region, the other which provider, and no target is both.
  expect((await gateway.chat(key)).status).toBe(403);
  await gateway.admin('PUT', '/admin/tenants/acme', { settings: {} });
  await vi.waitFor(async () => expect((await gateway.chat(key)).status).toBe(200), 5_000);
  expect((await gateway.chat(key, 'other')).status).toBe(403);
});

it('what the record says of a tenant holds for the keys of the configuration that name it, from the next request on', async () => {
  const key = 'sk-key-of-kept';
  const set = async (settings: object) => {
    const { status } = await gateway.admin('PUT', '/admin/tenants/kept', { settings });
    expect(status).toBe(200);
  };
  const status = async (model?: string) => (await gateway.chat(key, model)).status;
  expect(await status('other')).toBe(200);
  await gateway.make('tenants', { id: 'kept', name: 'Kept', settings: { allowed_models: ['gpt-4o'] } });
  expect([await status('other'), await status()]).toEqual([403, 200]);
  await set({ allowed_providers: ['in-eu'] });
  const { attemptCount } = gateway.us;
  expect([await status('other'), await status()]).toEqual([403, 200]);
  await set({ regions: ['eu'] });
  expect([await status('other'), await status()]).toEqual([403, 200]);
  expect(gateway.us.attemptCount).toBe(attemptCount);
  await set({ config: { default_model: 'other' } });
  expect(await gateway.chat(key, 'x', { model: undefined })).toMatchObject({ status: 200, body: { model: 'other' } });
  await set({ quotas: { requests_per_day: 2 } });
  const other = await gateway.keyOf({ tenant_id: 'kept' });
  expect([await status(), (await gateway.chat(other)).status, await status()]).toEqual([200, 200, 429]);
  await set({ quotas: { tokens_per_minute: 10 } });
  expect((await gateway.chat(key)).body.error.message).toContain("this tenant's limit of 10 tokens in a minute");
  await set({});
  expect(await status()).toBe(200);
  await gateway.admin('PUT', '/admin/tenants/kept', { is_active: false });
  expect(await gateway.chat(key)).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
  await gateway.admin('PUT', '/admin/tenants/kept', { is_active: true });
  expect(await status()).toBe(200);
});

it('what the record says of the organisation above such a tenant holds as well', async () => {
  const key = 'sk-key-of-below';
  const { id } = await gateway.make('organisations', { name: 'Above', settings: { regions: ['eu'] } });
  await gateway.make('tenants', { id: 'below', name: 'Below', organisation_id: id });
  expect((await gateway.chat(key, 'other')).status).toBe(403);
  await gateway.admin('PUT', `/admin/organisations/${id}`, { settings: {} });
  expect((await gateway.chat(key, 'other')).status).toBe(200);
  await gateway.admin('PUT', `/admin/organisations/${id}`, { is_active: false });
  expect((await gateway.chat(key)).status).toBe(403);
});

it('counts for all keys of the tenant together, the smaller number where two are given', async () => {
  await gateway.make('tenants', { id: 'small', name: 'Small', settings: { quotas: { requests_per_day: 100 } } });
  const key = await gateway.keyOf({ tenant_id: 'small' });
  const replies = [await gateway.chat(key), await gateway.chat('sk-key-of-small'), await gateway.chat(key)];
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 429]);
});
