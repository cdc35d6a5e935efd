import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { startTenantGateway, type TenantGateway } from './tenant-gateway.ts';

describe.each(testDialects)('usage, on $name', (dialect) => {
  let gateway: TenantGateway;
  const administering = new Map<string, string>();
  beforeAll(async () => {
    gateway = await startTenantGateway(dialect);
    for (const [id, asks] of [
      ['acme', 2],
      ['other', 1],
    ] as const) {
      await gateway.make('tenants', { id, name: id });
      administering.set(id, await gateway.keyOf({ tenant_id: id, scopes: { admin: 'tenant' } }));
      const key = await gateway.keyOf({ tenant_id: id });
      for (let count = 0; count < asks; count++) expect((await gateway.chat(key)).status).toBe(200);
    }
    administering.set('read', await gateway.keyOf({ scopes: { admin: 'read' } }));
    await gateway.drainLedger();
  });
  afterAll(() => gateway.end());

  const get = (path: string, who: string) => gateway.admin('GET', `/api/v1/${path}`, undefined, administering.get(who));

  it.each(['metrics/cost', 'metrics/tokens'])(
    'of a tenant is shown to who administers it, and no other (%s)',
    async (path) => {
      expect((await get(path, 'acme')).body).toMatchObject({ total_requests: 2 });
      expect((await get(`${path}?tenant=acme&group_by=tenant`, 'acme')).body).toMatchObject({ total_requests: 2 });
      expect((await get(path, 'other')).body).toMatchObject({ total_requests: 1 });
      expect(await get(`${path}?tenant=other`, 'acme')).toMatchObject({
        status: 403,
        body: { error: { param: 'tenant' } },
      });
      expect((await get(path, 'read')).body).toMatchObject({ total_requests: 3 });
      expect((await gateway.admin('GET', `/api/v1/${path}`)).body).toMatchObject({ total_requests: 3 });
    },
  );

  it('of a tenant alone is exported to who administers it', async () => {
    const { body } = await get('usage/export?format=json', 'acme');
    expect(body.map(({ tenant }: { readonly tenant: string }) => tenant)).toEqual(['acme', 'acme']);
  });

  it.each(['metrics/latency', 'routing/config', 'backends/health'])(
    'is all that a tenant sees: not %s',
    async (path) => {
      expect((await get(path, 'acme')).status).toBe(403);
      expect((await get(path, 'read')).status).toBe(200);
    },
  );
});
