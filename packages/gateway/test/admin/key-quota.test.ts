import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../../src/stores/key-store.conformance.ts';
import { type TestPlace, testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { type RecordGateway, startRecordGateway } from './record-gateway.ts';

describe.each(testDialects)('keys that a tenant may have, on $name', ({ create }) => {
  let place: TestPlace;
  let gateway: RecordGateway;
  beforeAll(async () => {
    place = await create();
    gateway = await startRecordGateway({ location: place.location });
  });
  afterAll(async () => {
    await gateway.stop();
    await place.drop();
  });

  const tenant = async (id: string, most: number) => {
    const body = { id, name: id, settings: { quotas: { max_keys: most } } };
    expect((await gateway.admin('POST', '/admin/tenants', body)).status).toBe(201);
    return (fields: object = {}) => gateway.admin('POST', '/admin/keys', { name: 'one', tenant_id: id, ...fields });
  };
  const change = (id: string, body: object) => gateway.admin('PUT', `/admin/keys/${id}`, body);
  const refusal = { status: 409, body: { error: { code: 'quota_exceeded' } } };
  const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
  const anHourAgo = () => new Date(Date.now() - 3_600_000).toISOString();

  it('were counted among the newest thousand only, so that those revoked made room for more', async () => {
    const make = await tenant('crowded', 2);
    const made = [await make(), await make()];
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
    const { keys } = gateway.record.stores;
    for (let count = 0; count < 1_001; count++) {
      await keys.create(newKey(`old ${count}`, { tenantId: 'crowded', expiresAt: 1 }));
    }
    expect(await make()).toMatchObject(refusal);
    expect((await gateway.admin('DELETE', `/admin/keys/${made[0]!.body.id}`)).status).toBe(204);
    expect((await make()).status).toBe(201);
  });

  it('were not counted where a key became valid again', async () => {
    const make = await tenant('renewing', 1);
    const { id } = (await make()).body;
    expect((await change(id, { expires_at: anHourAgo() })).status).toBe(200);
    const { id: second } = (await make()).body;
    expect(await change(id, { expires_at: null })).toMatchObject(refusal);
    expect(await change(id, { expires_at: inAnHour() })).toMatchObject(refusal);
    // What takes no place is no matter of it.
    expect((await change(id, { name: 'another name' })).status).toBe(200);
    expect((await change(second, { name: 'another name', expires_at: inAnHour() })).status).toBe(200);
    await gateway.admin('DELETE', `/admin/keys/${second}`);
    expect((await change(id, { expires_at: null })).status).toBe(200);
  });

  it('were not counted where a key came from another tenant', async () => {
    const make = await tenant('joined', 1);
    const { id } = (await gateway.admin('POST', '/admin/keys', { name: 'free' })).body;
    expect((await make()).status).toBe(201);
    expect(await change(id, { tenant_id: 'joined' })).toMatchObject(refusal);
    await gateway.admin('DELETE', `/admin/keys/${id}`);
    expect((await change(id, { tenant_id: 'joined' })).status).toBe(200);
  });

  it('were passed by requests that came at one moment, to two replicas', async () => {
    await tenant('hurried', 3);
    const other = await startRecordGateway({ location: place.location });
    try {
      const make = ({ admin }: RecordGateway) =>
        admin('POST', '/admin/keys', { name: 'one of many', tenant_id: 'hurried' });
      const made = await Promise.all(Array.from({ length: 16 }, (_, at) => make(at % 2 === 0 ? gateway : other)));
      const statuses = made.map(({ status }) => status).sort();
      expect(statuses).toEqual([...Array(3).fill(201), ...Array(13).fill(409)]);
      expect(made.find(({ status }) => status === 409)).toMatchObject(refusal);
    } finally {
      await other.stop();
    }
  });

  it('were passed by changes that came at one moment', async () => {
    await tenant('sought', 2);
    const free = await Promise.all(
      Array.from({ length: 8 }, () => gateway.admin('POST', '/admin/keys', { name: 'free' })),
    );
    const moved = await Promise.all(free.map(({ body }) => change(body.id, { tenant_id: 'sought' })));
    expect(moved.map(({ status }) => status).sort()).toEqual([200, 200, ...Array(6).fill(409)]);
  });
});
