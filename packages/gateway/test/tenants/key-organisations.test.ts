import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { startTenantGateway, type TenantGateway } from './tenant-gateway.ts';

describe.each(testDialects)('a key met the budgets of one organisation alone, on $name', (dialect) => {
  let gateway: TenantGateway;
  let [one, two, teamOfOne, teamOfTwo] = ['', '', '', ''];
  beforeAll(async () => {
    gateway = await startTenantGateway(dialect);
    const organisation = async (name: string) => (await gateway.make('organisations', { name })).id;
    const team = async (id: string) => (await gateway.make('teams', { name: 'team', organisation_id: id })).id;
    [one, two] = [await organisation('One'), await organisation('Two')];
    [teamOfOne, teamOfTwo] = [await team(one), await team(two)];
    await gateway.make('tenants', { id: 'of-one', name: 'Of one', organisation_id: one });
    await gateway.make('tenants', { id: 'of-none', name: 'Of none' });
  });
  afterAll(() => gateway.end());

  const makeKey = (owners: object) => gateway.admin('POST', '/admin/keys', { name: 'test', ...owners });
  const change = (id: string, changes: object) => gateway.admin('PUT', `/admin/keys/${id}`, changes);
  const refusal = { status: 400, body: { error: { param: 'team_id', message: expect.stringContaining('another') } } };

  it('where its team is of another than its tenant: it is not made', async () => {
    expect(await makeKey({ tenant_id: 'of-one', team_id: teamOfTwo })).toMatchObject(refusal);
    expect((await makeKey({ tenant_id: 'of-one', team_id: teamOfOne })).status).toBe(201);
    expect((await makeKey({ tenant_id: 'of-none', team_id: teamOfTwo })).status).toBe(201);
  });

  it('where one of them is changed: it stays as it is', async () => {
    const { id } = (await makeKey({ tenant_id: 'of-one' })).body;
    expect(await change(id, { team_id: teamOfTwo })).toMatchObject(refusal);
    expect((await change(id, { team_id: teamOfOne })).status).toBe(200);
    expect((await change(id, { tenant_id: null, team_id: teamOfTwo })).status).toBe(200);
    expect(await change(id, { tenant_id: 'of-one' })).toMatchObject(refusal);
    expect((await change(id, { name: 'renamed', tenant_id: 'of-none' })).status).toBe(200);
  });

  it('where its tenant moves: it does not, unless the key is revoked', async () => {
    await gateway.make('tenants', { id: 'moving', name: 'Moving' });
    const { id } = (await makeKey({ tenant_id: 'moving', team_id: teamOfTwo })).body;
    const moveTo = async (organisation: string | null) => {
      const { body, status } = await gateway.admin('PUT', '/admin/tenants/moving', { organisation_id: organisation });
      return [status, body.error?.code];
    };
    expect(await moveTo(one)).toEqual([409, 'in_use']);
    expect([await moveTo(two), await moveTo(null)]).toEqual([
      [200, undefined],
      [200, undefined],
    ]);
    await gateway.admin('DELETE', `/admin/keys/${id}`);
    expect(await moveTo(one)).toEqual([200, undefined]);
  });

  it('where it comes to a team while its tenant moves: one of both is refused', async () => {
    await gateway.make('tenants', { id: 'racing', name: 'Racing' });
    const { id } = (await makeKey({ tenant_id: 'racing' })).body;
    const both = await Promise.all([
      change(id, { team_id: teamOfTwo }),
      gateway.admin('PUT', '/admin/tenants/racing', { organisation_id: one }),
    ]);
    expect(both.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});
