import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { startTenantGateway, type TenantGateway } from './tenant-gateway.ts';

let gateway: TenantGateway;
/** What is said of tenants, and where: in the record, and in the configuration, where a key names it. */
const settings = {
  anywhere: {},
  resident: { regions: ['eu'] },
  elsewhere: { regions: ['asia'] },
  provided: { allowed_providers: ['in-eu'] },
  narrow: { allowed_models: ['gpt-4o'] },
  alone: { allowed_models: ['gpt-4o', 'other'], config: { fallbacks: false, max_attempts: 1 } },
  usual: { regions: ['us'], config: { default_model: 'other' } },
};
const configured = ['configured', 'stranger'];
const tenants = [...Object.keys(settings), 'below', 'off', ...configured];
beforeAll(async () => {
  gateway = await startTenantGateway(testDialects[0]!, {
    auth: { keys: configured.map((tenant) => ({ name: `of-${tenant}`, key: `sk-key-of-${tenant}`, tenant })) },
    tenants: { configured: { data_residency: ['eu'], config: { default_model: 'gpt-4o' } } },
  });
  for (const [id, own] of Object.entries(settings)) await gateway.make('tenants', { id, name: id, settings: own });
  const { id: above } = await gateway.make('organisations', { name: 'Above', settings: { regions: ['eu'] } });
  await gateway.make('tenants', { id: 'below', name: 'below', organisation_id: above });
  await gateway.make('tenants', { id: 'off', name: 'off' });
});
afterAll(() => gateway.end());

const explain = async (ask: Readonly<Record<string, unknown>>) => {
  const { body, status, text } = await gateway.admin('POST', '/api/v1/routing/test', ask);
  expect(status, text).toBe(200);
  return body;
};

describe.each(tenants)('where a request of the tenant %s would go', (tenant) => {
  let key: string;
  beforeAll(async () => {
    const isConfigured = configured.includes(tenant);
    key = isConfigured ? `sk-key-of-${tenant}` : await gateway.keyOf({ tenant_id: tenant });
    if (tenant === 'off') await gateway.admin('PUT', '/admin/tenants/off', { is_active: false });
  });

  it.each(['gpt-4o', 'other', 'nowhere', 'unknown', undefined])(
    'did not heed its regions, providers and models: %s goes where it is said to',
    async (model) => {
      const told = await explain({ tenant, ...(model !== undefined && { model }) });
      const reply = await gateway.chat(key, 'x', { model });
      const status = told.error?.status ?? 200;
      expect(reply.status, reply.text).toBe(status);
      if (told.error !== null) expect(reply.body.error).toMatchObject({ code: told.error.code });
      else expect(reply.headers.get('x-gateway-target')).toBe(told.selected_target);
    },
  );
});

it('tells which targets are not for a tenant', async () => {
  const {
    candidates,
    fallback_chain: chain,
    selected_target: selected,
  } = await explain({ model: 'gpt-4o', tenant: 'resident' });
  expect(selected).toBe('gpt-4o/in-eu');
  // What would be asked of the fallback is in another region.
  expect(chain).toEqual([]);
  const [us] = candidates;
  expect(us).toMatchObject({
    target: 'gpt-4o/in-us',
    usable: false,
    reasons_not: [{ code: 'out_of_scope', message: expect.stringContaining('It is in-us in the region us:') }],
  });
});

it('heeds the tenant of a key that is named', async () => {
  expect(await explain({ model: 'other', key: 'of-configured' })).toMatchObject({
    tenant: 'configured',
    error: { status: 403, code: 'forbidden' },
    candidates: [],
  });
  expect(await explain({ model: 'other', key: 'of-stranger' })).toMatchObject({ error: null });
});

it('heeds the attempts and fallbacks of a tenant', async () => {
  expect(await explain({ model: 'gpt-4o', tenant: 'alone' })).toMatchObject({ max_attempts: 1 });
  const { fallback_chain: chain } = await explain({ model: 'gpt-4o', tenant: 'alone' });
  expect(chain).toMatchObject([{ target: 'gpt-4o/in-eu', beyond_max_attempts: true }]);
});
