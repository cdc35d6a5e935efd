import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { answerText, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { adminKey, type RecordGateway, startRecordGateway } from './record-gateway.ts';

const run = promisify(execFile);
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

/** What the pages show, with ids and keys to be filled in as its reader does. */
describe.skipIf(!hasCurl).each(testDialects)(
  'commands as people paste them, on $name (skipped: there is no curl)',
  ({ create }) => {
    let simulator: Simulator;
    let gateway: RecordGateway;
    let drop: () => Promise<void>;
    beforeAll(async () => {
      simulator = await startSimulator({});
      const place = await create();
      drop = place.drop;
      gateway = await startRecordGateway({ location: place.location });
    });
    afterAll(async () => {
      await gateway.stop();
      await simulator.close();
      await drop();
    });

    /** Runs a command as it would be pasted into a shell; only the port is the test's. Answers status and body. */
    async function paste(
      command: string,
    ): Promise<{ status: number; text: string; body: ReturnType<typeof JSON.parse> }> {
      const typed = command.replaceAll('http://localhost:8080', gateway.url);
      const { stdout } = await run('sh', ['-c', `${typed} -s -w '\\n%{http_code}'`], {
        env: { PATH: process.env['PATH'], ADMIN_KEY: adminKey },
      });
      const end = stdout.lastIndexOf('\n');
      const text = stdout.slice(0, end);
      const isJson = text.startsWith('{') || text.startsWith('[');
      return { status: Number(stdout.slice(end + 1)), text, body: isJson ? JSON.parse(text) : undefined };
    }

    const kinds = [
      ['openai-main', 'openai', 'sk-your-openai-key', 'https://api.openai.com/v1', 'sk-y...-key'],
      ['openrouter', 'openrouter', 'sk-or-your-key', 'https://openrouter.ai/api/v1', 'sk-o...-key'],
      [
        'dashscope',
        'dashscope',
        'sk-your-dashscope-key',
        'https://dashscope.aliyuncs.com/compatible-mode/v1',
        'sk-y...-key',
      ],
      ['ark-main', 'ark', 'your-ark-key', 'https://ark.cn-beijing.volces.com/api/v3', '****'],
    ] as const;
    const ids = new Map<string, string>();
    let key = '';
    let keyId = '';

    it.each(kinds)('register %s', async (name, kind, credential, baseUrl, preview) => {
      const { body, status } = await paste(`curl -X POST http://localhost:8080/admin/providers \\
  -H "Authorization: Bearer $ADMIN_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "${name}",
    "kind": "${kind}",
    "api_key": "${credential}"
  }'`);
      expect(status).toBe(201);
      expect(body).toMatchObject({ name, kind, base_url: baseUrl, api_key_preview: preview, is_active: true });
      expect(body.created_at).toMatch(/^\d{4}-\d\d-\d\dT/);
      expect(body.api_key).toBeUndefined();
      ids.set(name, body.id);
    });

    it('list providers', async () => {
      const { body, status, text } = await paste(`curl http://localhost:8080/admin/providers \\
  -H "Authorization: Bearer $ADMIN_KEY"`);
      expect(status).toBe(200);
      expect(body.map(({ name }: { name: string }) => name)).toEqual(kinds.map(([name]) => name).reverse());
      for (const [, , credential] of kinds) expect(text).not.toContain(credential);
    });

    it('change a provider', async () => {
      const { body, status } =
        await paste(`curl -X PUT http://localhost:8080/admin/providers/${ids.get('openai-main')} \\
  -H "Authorization: Bearer $ADMIN_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{ "api_key": "sk-new-key" }'`);
      expect(status).toBe(200);
      expect(body).toMatchObject({ id: ids.get('openai-main'), name: 'openai-main', api_key_preview: '****' });
    });

    it('map models', async () => {
      const same = await paste(`curl -X POST http://localhost:8080/admin/models \\
  -H "Authorization: Bearer $ADMIN_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "gpt-4o",
    "provider_id": "${ids.get('openai-main')}"
  }'`);
      expect(same).toMatchObject({
        status: 201,
        body: { name: 'gpt-4o', provider_model_name: 'gpt-4o', is_active: true },
      });
      expect(same.body.provider_name).toBe('openai-main');
      const other = await paste(`curl -X POST http://localhost:8080/admin/models \\
  -H "Authorization: Bearer $ADMIN_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "qwen-max",
    "provider_id": "${ids.get('dashscope')}",
    "provider_model_name": "qwen-max-latest"
  }'`);
      expect(other).toMatchObject({ status: 201, body: { provider_model_name: 'qwen-max-latest' } });
      const listed = await paste(`curl http://localhost:8080/admin/models \\
  -H "Authorization: Bearer $ADMIN_KEY"`);
      expect(listed.body.map(({ name }: { name: string }) => name)).toEqual(['qwen-max', 'gpt-4o']);
      const deleted = await paste(`curl -X DELETE http://localhost:8080/admin/models/${other.body.id} \\
  -H "Authorization: Bearer $ADMIN_KEY"`);
      expect(deleted).toMatchObject({ status: 204, text: '' });
      // What a model refers to stays.
      const inUse = await paste(`curl -X DELETE http://localhost:8080/admin/providers/${ids.get('openai-main')} \\
  -H "Authorization: Bearer $ADMIN_KEY"`);
      expect(inUse).toMatchObject({ status: 409, body: { error: { code: 'in_use' } } });
    });

    it('delete a provider', async () => {
      const command = `curl -X DELETE http://localhost:8080/admin/providers/${ids.get('ark-main')} \\
  -H "Authorization: Bearer $ADMIN_KEY"`;
      expect(await paste(command)).toMatchObject({ status: 204, text: '' });
      expect(await paste(command)).toMatchObject({ status: 404 });
    });

    it('make a key and list keys', async () => {
      const made = await paste(`curl -X POST http://localhost:8080/admin/keys \\
  -H "Authorization: Bearer $ADMIN_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{ "name": "my-app" }'`);
      expect(made.status).toBe(201);
      ({ id: keyId, key } = made.body);
      expect(key).toMatch(/^sk-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(key).toHaveLength(39);
      expect(made.body).toMatchObject({ name: 'my-app', key_prefix: `${key.slice(0, 11)}...` });
      const listed = await paste(`curl http://localhost:8080/admin/keys \\
  -H "Authorization: Bearer $ADMIN_KEY"`);
      expect(listed.body).toMatchObject([{ id: keyId, key_prefix: `${key.slice(0, 11)}...`, is_active: true }]);
      expect(listed.text).not.toContain(key);
    });

    it('ask for an answer, whole and streamed', async () => {
      await gateway.admin('PUT', `/admin/providers/${ids.get('openai-main')}`, { base_url: `${simulator.url}/v1` });
      const whole = await paste(`curl http://localhost:8080/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "gpt-4o",
    "messages": [{ "role": "user", "content": "Hello!" }]
  }'`);
      expect(whole).toMatchObject({ status: 200, body: { choices: [{ message: { content: answerText(60) } }] } });
      const streamed = await paste(`curl http://localhost:8080/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "gpt-4o",
    "messages": [{ "role": "user", "content": "Hello!" }],
    "stream": true
  }'`);
      expect(streamed.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
      const asked = simulator.attempts.at(-1);
      expect(asked?.headers.authorization).toBe('Bearer sk-new-key');
    });

    it('rotate and revoke a key', async () => {
      const rotated = await paste(`curl -X POST http://localhost:8080/admin/keys/${keyId}/rotate \\
  -H "Authorization: Bearer $ADMIN_KEY"`);
      expect(rotated).toMatchObject({ status: 200, body: { id: keyId, name: 'my-app' } });
      expect(rotated.body.key).not.toBe(key);
      expect((await gateway.chat(key)).status).toBe(401);
      expect((await gateway.chat(rotated.body.key)).status).toBe(200);
      const revoked = await paste(`curl -X DELETE http://localhost:8080/admin/keys/${keyId} \\
  -H "Authorization: Bearer $ADMIN_KEY"`);
      expect(revoked).toMatchObject({ status: 204, text: '' });
      expect((await gateway.chat(rotated.body.key)).status).toBe(401);
      expect((await gateway.admin('GET', '/admin/keys')).body).toMatchObject([{ id: keyId, is_active: false }]);
      expect((await gateway.admin('POST', `/admin/keys/${keyId}/rotate`)).status).toBe(404);
    });
  },
);
