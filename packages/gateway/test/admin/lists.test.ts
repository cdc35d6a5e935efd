import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { type RecordGateway, startRecordGateway } from './record-gateway.ts';

const MADE = 5;
const lists = ['keys', 'providers', 'models', 'organisations', 'teams', 'tenants', 'budgets'] as const;
type List = (typeof lists)[number];
type Listed = readonly { readonly id: string }[];

describe.each(testDialects)('lists of the admin API, on $name', ({ create }) => {
  let gateway: RecordGateway;
  let drop: () => Promise<void>;
  let tenantAdmin: string;
  let all: Readonly<Record<List, (name: string) => object>>;
  const bodies = (organisation: string, provider: string): typeof all => ({
    keys: (name) => ({ name }),
    providers: (name) => ({ name, kind: 'openai', api_key: 'sk-upstream' }),
    models: (name) => ({ name, provider_id: provider }),
    organisations: (name) => ({ name }),
    teams: (name) => ({ name, organisation_id: organisation }),
    tenants: (name) => ({ name }),
    budgets: (name) => ({ name, scope: 'global', model: name, period: 'day', cap_usd: 1 }),
  });
  const make = async (list: string, body: object) => {
    const { body: made, status, text } = await gateway.admin('POST', `/admin/${list}`, body);
    expect(status, text).toBe(201);
    return made as { readonly id: string; readonly key: string };
  };
  const read = async (path: string): Promise<Listed> => {
    const { body, status, text } = await gateway.admin('GET', path);
    expect(status, text).toBe(200);
    return body;
  };
  beforeAll(async () => {
    const place = await create();
    drop = place.drop;
    const configured = (name: string) => ({ [name]: { kind: 'openai', api_key: 'sk-configured', models: [name] } });
    const config = { providers: { ...configured('one'), ...configured('two'), ...configured('three') } };
    gateway = await startRecordGateway({ location: place.location, config });
    const organisation = await make('organisations', { name: 'Org' });
    const provider = await make('providers', { name: 'for-models', kind: 'openai', api_key: 'sk-upstream' });
    all = bodies(organisation.id, provider.id);
    for (const list of lists) for (let index = 0; index < MADE; index++) await make(list, all[list](`n${index}`));
    await make('tenants', { id: 'acme', name: 'Acme' });
    tenantAdmin = (await make('keys', { name: 'admin', tenant_id: 'acme', scopes: { admin: 'tenant' } })).key;
  });
  afterAll(async () => {
    await gateway.stop();
    await drop();
  });

  const refusal = { status: 400, body: { error: { code: 'invalid_request', param: 'after' } } };

  it.each(lists)('have the same items of %s in pages as in one', async (list) => {
    const whole = await read(`/admin/${list}`);
    const ids: string[] = [];
    for (let page: Listed | undefined; page === undefined || page.length === 2; ) {
      page = await read(`/admin/${list}?limit=2${ids.length === 0 ? '' : `&after=${ids.at(-1)}`}`);
      ids.push(...page.map(({ id }) => id));
    }
    expect(ids).toEqual(whole.map(({ id }) => id));
  });

  it.each(lists)('an `after` that leads nowhere gave an empty page of %s, which passed for the end', async (list) => {
    expect(await gateway.admin('GET', `/admin/${list}?after=never`)).toMatchObject(refusal);
    const reply = await gateway.admin('GET', `/admin/${list}?after=never&limit=1`);
    expect(reply.body.error.message).toBe(
      '`after` must be the id of an item of this list; there is none with this id, or no longer. Leave it out to begin anew.',
    );
  });

  it.each(lists.filter((list) => list !== 'keys'))(
    'an `after` that was deleted gave an empty page of %s, which passed for the end',
    async (list) => {
      const { id } = await make(list, all[list]('short-lived'));
      expect(await read(`/admin/${list}?after=${id}&limit=1`)).toHaveLength(1);
      expect((await gateway.admin('DELETE', `/admin/${list}/${id}`)).status).toBe(204);
      expect(await gateway.admin('GET', `/admin/${list}?after=${id}`)).toMatchObject(refusal);
    },
  );

  it('tell nobody of what is in those of others', async () => {
    const other = await read('/admin/keys');
    for (const path of [`/admin/keys?after=${other.at(-1)?.id}`, '/admin/tenants?after=n1']) {
      expect(await gateway.admin('GET', path, undefined, tenantAdmin)).toMatchObject(refusal);
    }
    const tenants = await gateway.admin('GET', '/admin/tenants?after=acme', undefined, tenantAdmin);
    expect(tenants).toMatchObject({ status: 200, body: [] });
  });

  it('of providers had those of the configuration within the first page', async () => {
    const whole = await read('/admin/providers');
    expect(whole.slice(-3).map(({ id }) => id)).toEqual(['config:one', 'config:two', 'config:three']);
    expect(await read('/admin/providers?limit=2')).toEqual(whole.slice(0, 2));
    expect(await read('/admin/providers?after=config:one&limit=1')).toEqual(whole.slice(-2, -1));
    expect(await read('/admin/providers?after=config:three')).toEqual([]);
  });
});
