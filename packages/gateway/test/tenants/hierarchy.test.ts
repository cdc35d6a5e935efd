import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { startTenantGateway, type TenantGateway } from './tenant-gateway.ts';

describe.each(testDialects)('organisation, team, tenant and key, on $name', (dialect) => {
  let gateway: TenantGateway;
  beforeAll(async () => {
    gateway = await startTenantGateway(dialect);
  });
  afterAll(() => gateway.end());

  const organisation = async (name: string, settings: object = {}) =>
    (await gateway.make('organisations', { name, settings })).id;
  const team = async (name: string, organisationId: string, settings: object = {}) =>
    (await gateway.make('teams', { name, organisation_id: organisationId, settings })).id;
  const tenant = async (id: string, fields: object = {}) =>
    (await gateway.make('tenants', { id, name: id, ...fields })).id;
  const statuses = async (key: string, count: number, model?: string) => {
    const all: number[] = [];
    for (let asked = 0; asked < count; asked++) all.push((await gateway.chat(key, model)).status);
    return all;
  };

  it('have to have room at every level, and a level that refused takes nothing of the others', async () => {
    const above = await organisation('Roomy', { quotas: { requests_per_minute: 4 } });
    const [one, two] = [await team('one', above, { quotas: { requests_per_minute: 3 } }), await team('two', above)];
    const [first, second] = [await gateway.keyOf({ team_id: one }), await gateway.keyOf({ team_id: one })];
    const other = await gateway.keyOf({ team_id: two });
    // Keys of one team share what it has.
    expect([...(await statuses(first, 2)), ...(await statuses(second, 2))]).toEqual([200, 200, 200, 429]);
    // What the team was refused is not counted above it.
    expect(await statuses(other, 2)).toEqual([200, 429]);
    const refused = await gateway.chat(other);
    expect(refused.body.error.message).toContain("this organisation's limit of 4 requests in a minute");
  });

  it('have quotas for a day', async () => {
    const id = await tenant('daily', { settings: { quotas: { requests_per_minute: 100, requests_per_day: 2 } } });
    const key = await gateway.keyOf({ tenant_id: id });
    expect(await statuses(key, 3)).toEqual([200, 200, 429]);
    const refused = await gateway.chat(key);
    expect(refused.body.error.message).toContain("this tenant's limit of 2 requests in a day is spent");
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_600);
    const tokens = await tenant('daily-tokens', { settings: { quotas: { tokens_per_day: 50 } } });
    const spending = await gateway.keyOf({ tenant_id: tokens });
    expect((await gateway.chat(spending, 'gpt-4o', { max_tokens: 1_000 })).body.error.message).toContain(
      'limit of 50 tokens in a day',
    );
  });

  it('count for themselves: what one tenant spends is not missing to another', async () => {
    const quotas = { requests_per_minute: 1, max_concurrent: 1 };
    const [one, two] = [
      await tenant('spends', { settings: { quotas } }),
      await tenant('spares', { settings: { quotas } }),
    ];
    expect(await statuses(await gateway.keyOf({ tenant_id: one }), 2)).toEqual([200, 429]);
    expect(await statuses(await gateway.keyOf({ tenant_id: two }), 2)).toEqual([200, 429]);
  });

  it('hold together where a key has a team and a tenant, which are in one organisation', async () => {
    const [loose, strict] = [await organisation('Loose'), await organisation('Strict', { allowed_models: ['other'] })];
    const owners = { team_id: await team('mixed', strict), tenant_id: await tenant('mixed') };
    await gateway.admin('PUT', '/admin/tenants/mixed', { settings: { allowed_models: ['gpt-4o', 'other'] } });
    const key = await gateway.keyOf(owners);
    expect(await statuses(key, 1, 'gpt-4o')).toEqual([403]);
    expect(await statuses(key, 1, 'other')).toEqual([200]);
    const moveTo = async (id: string | null) =>
      (await gateway.admin('PUT', '/admin/tenants/mixed', { organisation_id: id })).status;
    expect([await moveTo(loose), await moveTo(strict), await moveTo(null)]).toEqual([409, 200, 200]);
    await gateway.admin('PUT', `/admin/organisations/${strict}`, { is_active: false });
    await vi.waitFor(async () => expect(await statuses(key, 1, 'other')).toEqual([403]), 5_000);
  });

  it('have to allow a model together', async () => {
    const above = await organisation('Both', { allowed_models: ['gpt-4o', 'nowhere'] });
    const key = await gateway.keyOf({
      team_id: await team('narrow', above, { allowed_models: ['gpt-4o', 'other'] }),
      scopes: { models: ['gpt*', 'other', 'nowhere'] },
    });
    for (const [model, status] of [
      ['gpt-4o', 200],
      ['other', 403],
      ['nowhere', 403],
    ] as const) {
      expect([model, ...(await statuses(key, 1, model))]).toEqual([model, status]);
    }
  });

  it('stay in their regions, whoever else could answer', async () => {
    const key = await gateway.keyOf({ tenant_id: await tenant('resident', { settings: { regions: ['eu'] } }) });
    const before = gateway.us.attemptCount;
    expect((await gateway.chat(key)).headers.get('x-simulator')).toBe('eu');
    expect(gateway.us.attemptCount).toBe(before);
    // Where the only target in the region fails, nobody else is asked.
    gateway.eu.script(Array(4).fill({ kind: 'status', status: 500 }));
    expect((await gateway.chat(key)).status).toBeGreaterThanOrEqual(500);
    gateway.eu.script([]);
    expect(gateway.us.attemptCount).toBe(before);
    // A target whose region nobody knows is in none.
    expect(await statuses(key, 1, 'nowhere')).toEqual([403]);
    expect(gateway.us.attemptCount).toBe(before);
  });

  it('see the models alone that may answer them', async () => {
    const key = await gateway.keyOf({ tenant_id: await tenant('looks', { settings: { regions: ['eu'] } }) });
    const list = await gateway.admin('GET', '/v1/models', undefined, key);
    expect(list.body.data.map(({ id }: { readonly id: string }) => id)).toEqual(['gpt-4o']);
    expect((await gateway.admin('GET', '/v1/models/other', undefined, key)).status).toBe(404);
  });

  it.each([
    [
      '/v1/chat/completions',
      { messages: [{ role: 'user', content: 'Hi' }] },
      (body: { error: { code: string } }) => body.error.code,
      'forbidden',
    ],
    [
      '/v1/messages',
      { max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] },
      (body: { error: { type: string } }) => body.error.type,
      'permission_error',
    ],
    ['/v1/responses', { input: 'Hi' }, (body: { error: { code: string } }) => body.error.code, 'forbidden'],
  ] as const)('are refused in the words of %s', async (path, body, told, word) => {
    const id = `speaks-${path.split('/').at(-1)}`;
    const key = await gateway.keyOf({ tenant_id: await tenant(id, { settings: { allowed_providers: ['in-eu'] } }) });
    const refused = await gateway.admin('POST', path, { model: 'other', ...body }, key);
    expect([refused.status, told(refused.body)]).toEqual([403, word]);
    expect((await gateway.admin('POST', path, { model: 'gpt-4o', ...body }, key)).status).toBe(200);
  });

  it('leave behind what they kept when a key goes to another tenant', async () => {
    const [one, two] = [await tenant('former'), await tenant('later')];
    const made = await gateway.make('keys', { name: 'moves', tenant_id: one });
    const answer = await gateway.admin(
      'POST',
      '/v1/responses',
      { model: 'gpt-4o', input: 'Hi', store: true },
      made.key,
    );
    const path = `/v1/responses/${answer.body.id}`;
    expect((await gateway.admin('GET', path, undefined, made.key)).status).toBe(200);
    await gateway.admin('PUT', `/admin/keys/${made.id}`, { tenant_id: two });
    const statusOf = async () => (await gateway.admin('GET', path, undefined, made.key)).status;
    await vi.waitFor(async () => expect(await statusOf()).toBe(404), 5_000);
  });
});
