import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { type RecordGateway, startRecordGateway } from './record-gateway.ts';

describe.each(testDialects)('providers and models of the record, on $name', ({ create }) => {
  let first: Simulator;
  let second: Simulator;
  let gateway: RecordGateway;
  let replica: RecordGateway;
  let place: Awaited<ReturnType<typeof create>>;
  let key: string;
  const config = () => ({
    models: { shared: { providers: [{ name: 'file', api_base: `${second.url}/v1`, api_key: 'of-the-file' }] } },
    providers: {
      configured: { kind: 'openai', base_url: `${second.url}/v1`, api_key: 'sk-configured-key', models: ['own'] },
    },
  });
  beforeAll(async () => {
    [first, second] = await Promise.all([startSimulator({ name: 'first' }), startSimulator({ name: 'second' })]);
    place = await create();
    gateway = await startRecordGateway({
      location: place.location,
      config: config(),
      env: { MAIN_KEY: 'sk-from-a-variable' },
    });
    replica = await startRecordGateway({ location: place.location, config: config() });
    key = (await gateway.admin('POST', '/admin/keys', { name: 'test' })).body.key;
  });
  afterAll(async () => {
    await Promise.all([gateway.stop(), replica.stop()]);
    await Promise.all([first.close(), second.close()]);
    await place.drop();
  });

  let made = 0;
  const provider = async (fields: Readonly<Record<string, unknown>> = {}) => {
    made += 1;
    const body = {
      name: `p${made}`,
      kind: 'openai',
      api_key: `sk-upstream-${made}`,
      base_url: `${first.url}/v1`,
      ...fields,
    };
    const reply = await gateway.admin('POST', '/admin/providers', body);
    expect(reply.status, reply.text).toBe(201);
    return reply.body as { readonly id: string; readonly name: string };
  };
  const model = async (name: string, providerId: string, more: Readonly<Record<string, unknown>> = {}) => {
    const reply = await gateway.admin('POST', '/admin/models', { name, provider_id: providerId, ...more });
    expect(reply.status, reply.text).toBe(201);
    return reply.body as { readonly id: string };
  };
  const lastOf = (simulator: Simulator) => simulator.attempts.at(-1)!;

  it('serve the next request, and those of others soon', async () => {
    const { id } = await provider();
    expect((await gateway.chat(key, 'new-model')).status).toBe(404);
    await model('new-model', id, { provider_model_name: 'upstream/name' });
    expect((await gateway.chat(key, 'new-model')).status).toBe(200);
    expect(lastOf(first)).toMatchObject({ model: 'upstream/name', path: '/v1/chat/completions' });
    await vi.waitFor(async () => expect((await replica.chat(key, 'new-model')).status).toBe(200), {
      timeout: 20_000,
      interval: 50,
    });
    // Nothing but the names that are mapped leads there.
    expect((await gateway.chat(key, 'gpt-4.1')).status).toBe(404);
    expect((await gateway.chat(key, 'p1/gpt-4.1')).status).toBe(404);
  });

  it('that change are others for the very next request', async () => {
    const { id } = await provider();
    const mapped = await model('changing', id);
    await gateway.chat(key, 'changing');
    await gateway.admin('PUT', `/admin/providers/${id}`, { base_url: `${second.url}/v1` });
    await gateway.chat(key, 'changing');
    expect(lastOf(second)).toMatchObject({
      model: 'changing',
      headers: { authorization: `Bearer sk-upstream-${made}` },
    });
    await gateway.admin('PUT', `/admin/models/${mapped.id}`, { provider_model_name: 'changed' });
    await gateway.chat(key, 'changing');
    expect(lastOf(second).model).toBe('changed');
    await gateway.admin('PUT', `/admin/providers/${id}`, { is_active: false });
    expect((await gateway.chat(key, 'changing')).status).toBe(503);
    await gateway.admin('PUT', `/admin/providers/${id}`, { is_active: true });
    expect((await gateway.chat(key, 'changing')).status).toBe(200);
    await gateway.admin('PUT', `/admin/models/${mapped.id}`, { is_active: false });
    expect((await gateway.chat(key, 'changing')).status).toBe(404);
    await gateway.admin('DELETE', `/admin/models/${mapped.id}`);
    expect((await gateway.admin('GET', `/admin/models/${mapped.id}`)).status).toBe(404);
  });

  it('go before the same name in the configuration', async () => {
    await gateway.chat(key, 'shared');
    expect(lastOf(second).headers.authorization).toBe('Bearer of-the-file');
    const { id } = await provider();
    const mapped = await model('shared', id);
    const before = second.attemptCount;
    await gateway.chat(key, 'shared');
    expect(second.attemptCount).toBe(before);
    await gateway.admin('DELETE', `/admin/models/${mapped.id}`);
    await gateway.chat(key, 'shared');
    expect(second.attemptCount).toBe(before + 1);
  });

  it('of the configuration are listed after them, and only read', async () => {
    const { body } = await gateway.admin('GET', '/admin/providers');
    expect(body.at(-1)).toMatchObject({ id: 'config:configured', source: 'config', api_key_preview: 'sk-c...-key' });
    expect(body[0]).toMatchObject({ source: 'database' });
    for (const [method, sent] of [
      ['PUT', { name: 'x' }],
      ['DELETE', undefined],
    ] as const) {
      const refused = await gateway.admin(method, '/admin/providers/config:configured', sent);
      expect(refused).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
    }
    expect((await gateway.admin('GET', '/admin/providers/config:configured')).status).toBe(200);
  });

  it('may name where the credential is', async () => {
    const { id } = await provider({ api_key: 'env:MAIN_KEY' });
    await model('by-variable', id);
    await gateway.chat(key, 'by-variable');
    expect(lastOf(first).headers.authorization).toBe('Bearer sk-from-a-variable');
    expect((await gateway.admin('GET', `/admin/providers/${id}`)).body.api_key_preview).toBe('env:MAIN_KEY');
    const refused = await gateway.admin('PUT', `/admin/providers/${id}`, { api_key: 'env:ADMIN_KEY' });
    expect(refused).toMatchObject({ status: 400, body: { error: { param: 'api_key' } } });
  });

  it('say when their credential should be replaced', async () => {
    const { id } = await provider();
    const isDue = async () => (await gateway.admin('GET', `/admin/providers/${id}`)).body.rotation_due;
    expect(await isDue()).toBe(false);
    await gateway.record.database.run('UPDATE providers SET rotated_at = ? WHERE id = ?', [1_600_000_000_000, id]);
    expect(await isDue()).toBe(true);
    await gateway.admin('PUT', `/admin/providers/${id}`, { api_key: 'sk-another-credential' });
    expect(await isDue()).toBe(false);
  });

  it('that cannot be used do not touch the others', async () => {
    const good = await provider();
    const lost = await provider();
    const strange = await provider();
    for (const [name, { id }] of Object.entries({ good, lost, strange })) await model(`still-${name}`, id);
    const { database } = gateway.record;
    await database.run('UPDATE providers SET api_key_encrypted = ? WHERE id = ?', [
      'v1.aaaaaaaaaaaa.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA',
      lost.id,
    ]);
    await database.run('UPDATE providers SET kind = ? WHERE id = ?', ['no-such-kind', strange.id]);
    await gateway.record.changed({ topics: ['providers'] });
    expect((await gateway.chat(key, 'still-good')).status).toBe(200);
    expect((await gateway.chat(key, 'still-lost')).status).toBe(503);
    expect((await gateway.chat(key, 'still-strange')).status).toBe(404);
    expect(gateway.rawLog()).toContain(`The credential of the provider ${lost.name} cannot be opened`);
    expect(gateway.rawLog()).toContain('no-such-kind');
    // A new credential repairs it.
    await gateway.admin('PUT', `/admin/providers/${lost.id}`, { api_key: 'sk-repaired-credential' });
    expect((await gateway.chat(key, 'still-lost')).status).toBe(200);
    await database.run('UPDATE providers SET kind = ? WHERE id = ?', ['openai', strange.id]);
  });

  it('are encrypted with a key of its own once there is one', async () => {
    const { id } = await provider({ api_key: 'sk-sealed-credential' });
    await model('sealed', id);
    const sealed = async () => {
      const [row] = await gateway.record.database.all<{ readonly key_id: string }>(
        'SELECT key_id FROM providers WHERE id = ?',
        [id],
      );
      return row?.key_id;
    };
    const before = await sealed();
    const env = { SECRETS_ENCRYPTION_KEY: 'a-passphrase-of-more-than-16' };
    const later = await startRecordGateway({ location: place.location, config: config(), env });
    try {
      expect(await sealed()).not.toBe(before);
      await later.chat(key, 'sealed');
      expect(lastOf(first).headers.authorization).toBe('Bearer sk-sealed-credential');
      expect(later.rawLog()).not.toContain('derived from ADMIN_KEY');
      expect(gateway.rawLog()).toContain('derived from ADMIN_KEY');
    } finally {
      await later.stop();
    }
  });

  it.each([
    ['providers', { name: 'x' }, 400, 'kind'],
    ['providers', { name: '', kind: 'openai', api_key: 'k' }, 400, 'name'],
    ['providers', { name: 'x', kind: 'gpt', api_key: 'k' }, 400, 'kind'],
    ['providers', { name: 'x', kind: 'openai' }, 400, 'api_key'],
    ['providers', { name: 'x', kind: 'openai', api_key: 'a b' }, 400, 'api_key'],
    ['providers', { name: 'x', kind: 'openai', api_key: 'k', base_url: 'ftp://a' }, 400, 'base_url'],
    ['providers', { name: 'x', kind: 'openai', api_key: 'k', base_url: 'http://u:p@a' }, 400, 'base_url'],
    ['providers', { name: 'x', kind: 'azure', api_key: 'k' }, 400, 'base_url'],
    ['providers', { name: 'p1', kind: 'openai', api_key: 'k' }, 409, null],
    ['models', { name: 'new-model', provider_id: 'none' }, 409, null],
    ['models', { name: 'x', provider_id: 'none' }, 400, null],
    ['models', { provider_id: 'none' }, 400, 'name'],
    ['models', { name: 'x', provider_id: 'config:configured' }, 400, 'provider_id'],
  ])('are not made: %s of %j', async (what, body, status, param) => {
    const provided = {
      ...body,
      ...(status === 409 &&
        what === 'models' && { provider_id: (await gateway.admin('GET', '/admin/providers')).body[0].id }),
    };
    const refused = await gateway.admin('POST', `/admin/${what}`, provided);
    expect(refused, refused.text).toMatchObject({ status, body: { error: { param } } });
  });
});
