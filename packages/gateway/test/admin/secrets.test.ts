import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { adminKey, type RecordGateway, startRecordGateway } from './record-gateway.ts';

const upstream = 'canary-of-the-provider-0123456789';
const replaced = 'canary-of-the-next-one-0123456789';
const passphrase = 'canary-of-the-passphrase-0123456789';
const guessed = 'canary-of-somebody-who-guesses';

describe.each(testDialects)('secrets, on $name', ({ create }) => {
  let simulator: Simulator;
  let gateway: RecordGateway;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    simulator = await startSimulator({});
    const place = await create();
    drop = place.drop;
    gateway = await startRecordGateway({
      location: place.location,
      env: { SECRETS_ENCRYPTION_KEY: passphrase },
      config: {
        providers: {
          filed: { kind: 'openai', base_url: `${simulator.url}/v1`, api_key: 'canary-of-the-file-0123456789' },
        },
      },
    });
  });
  afterAll(async () => {
    await gateway.stop();
    await simulator.close();
    await drop();
  });

  it('are in no answer but the one that makes them, in no log line, and nowhere in the record', async () => {
    const answers: string[] = [];
    const ask = async (...input: Parameters<RecordGateway['admin']>) => {
      const reply = await gateway.admin(...input);
      answers.push(reply.text);
      return reply;
    };
    const provider = await ask('POST', '/admin/providers', {
      name: 'main',
      kind: 'openai',
      api_key: upstream,
      base_url: `${simulator.url}/v1`,
    });
    await ask('POST', '/admin/models', { name: 'gpt-4o', provider_id: provider.body.id });
    await ask('PUT', `/admin/providers/${provider.body.id}`, { api_key: replaced });
    const made = await gateway.admin('POST', '/admin/keys', { name: 'test' });
    const rotated = await gateway.admin('POST', `/admin/keys/${made.body.id}/rotate`);
    for (const key of [made.body.key, rotated.body.key]) answers.push((await gateway.chat(key)).text);
    // What is not understood is not repeated either.
    await ask('POST', '/admin/providers', { name: 'x', kind: guessed, api_key: upstream });
    await ask('POST', '/admin/providers', { name: 'x', kind: 'openai', api_key: `${upstream} with a space` });
    await ask('POST', '/admin/providers', `{"api_key": "${upstream}`);
    await ask('GET', '/admin/keys', undefined, guessed);
    for (const path of ['providers', 'models', 'keys', 'audit', 'config', 'stats', 'openapi.json', 'tenants']) {
      expect((await ask('GET', `/admin/${path}`)).status).toBe(200);
    }
    simulator.script([{ kind: 'status', status: 401 }]);
    answers.push((await gateway.chat(rotated.body.key)).text);
    await gateway.record.audit.write();

    const canaries = [
      upstream,
      replaced,
      passphrase,
      guessed,
      adminKey,
      made.body.key,
      rotated.body.key,
      'canary-of-the-file-0123456789',
    ];
    const kept = await everythingIn(gateway);
    for (const canary of canaries) {
      expect(answers.join('\n')).not.toContain(canary);
      expect(gateway.rawLog()).not.toContain(canary);
      expect(kept).not.toContain(canary);
    }
    expect(kept).toContain('v1.');
  });

  it('and every change is in the audit log, in its order, with who made it', async () => {
    const { body } = await gateway.admin('GET', '/admin/audit');
    const kinds = body.map(({ kind }: { readonly kind: string }) => kind).reverse();
    expect(kinds.slice(0, 5)).toEqual([
      'provider.created',
      'model.created',
      'provider.updated',
      'key.created',
      'key.rotated',
    ]);
    expect(kinds).toContain('admin.denied');
    expect(body.at(-1)).toMatchObject({
      seq: 1,
      actor: 'admin',
      outcome: 'success',
      address: '127.0.0.1',
      detail: { name: 'main' },
    });
    expect(await gateway.record.stores.audit.verify()).toMatchObject({ isIntact: true });
    const page = await gateway.admin('GET', '/admin/audit?kind=key.created&limit=1');
    expect(page.body).toHaveLength(1);
    const before = await gateway.admin('GET', `/admin/audit?before_seq=${body[0].seq}&limit=2`);
    expect(before.body.map(({ seq }: { readonly seq: number }) => seq)).toEqual([body[1].seq, body[2].seq]);
    expect((await gateway.admin('GET', '/admin/audit?before_seq=x')).status).toBe(400);
  });
});

/** Every cell of every table. */
async function everythingIn({ record: { database } }: RecordGateway): Promise<string> {
  const tables = ['api_keys', 'providers', 'models', 'audit_events', 'tenants', 'record_facts', 'revisions'];
  const rows = await Promise.all(tables.map((table) => database.all(`SELECT * FROM ${table}`)));
  return JSON.stringify(rows);
}
