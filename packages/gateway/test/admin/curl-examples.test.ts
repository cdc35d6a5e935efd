import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { answerText, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, streamedText } from '../acceptance/caller.ts';
import { root } from '../source-tree.ts';
import { ownCommands, readCommands, type ShownCommand } from './admin-commands.ts';
import { adminKey, type RecordGateway, startRecordGateway } from './record-gateway.ts';
import { storeKinds, type TestStores } from './store-kinds.ts';

const run = promisify(execFile);
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);
const folder = resolve(root, '../shared/spec/seeds');

/** The commands of another gateway with the same interface, as its own page shows them; none where it is not there. */
function publishedCommands(): readonly ShownCommand[] {
  if (!existsSync(folder)) {
    console.warn(`Published commands are not tested: there is no ${folder}.`);
    return [];
  }
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return readCommands(texts.find((text) => text.includes('/admin/keys')) ?? '');
}

const sources = [
  { source: 'of this gateway', commands: readCommands(ownCommands) },
  { source: 'as another gateway published them', commands: publishedCommands() },
];
const scenes = storeKinds.flatMap((kind) =>
  sources.filter(({ commands }) => commands.length > 0).map((source) => ({ ...kind, ...source })),
);

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly body: ReturnType<typeof JSON.parse>;
}

describe.skipIf(!hasCurl).each(scenes)(
  'commands $source, pasted into a shell, over $name (skipped: there is no curl)',
  ({ commands, open }) => {
    let stores: TestStores;
    let simulator: Simulator;
    let gateway: RecordGateway;
    /** What was made, by what it is: ids of providers by their kind, of models and keys, and a key that is good. */
    const made = new Map<string, string>();
    const seen = new Set<string>();
    beforeAll(async () => {
      [stores, simulator] = await Promise.all([open(), startSimulator({})]);
      gateway = await startRecordGateway({ location: stores.location, env: stores.env });
    });
    afterAll(async () => {
      await gateway.stop();
      await simulator.close();
      await stores.drop();
    });

    /** Fills in ids as its reader would: a provider that is deleted is one that no model needs. */
    function fillIn(command: string): string {
      const provider = command.includes('DELETE') ? 'ark' : 'openai';
      return command
        .replace(/<provider-id>/, made.get(provider)!)
        .replace(/<openai[\w-]*>/, made.get('openai')!)
        .replace(/<dashscope[\w-]*>/, made.get('dashscope')!)
        .replace(/<model-id>/, made.get('model')!)
        .replace(/<key-id>/, made.get('key')!)
        .replace('sk-550e8400-e29b-41d4-a716-446655440000', made.get('good key')!);
    }

    /** Runs it as it stands; only what listens at the port is the test's. */
    async function paste(command: string): Promise<Reply> {
      const { host } = new URL(gateway.url);
      const options = `-s --connect-to localhost:8080:${host} -w '\\n%{http_code}'`;
      const { stdout } = await run('sh', ['-c', `${fillIn(command)} ${options}`], {
        env: { PATH: process.env['PATH'], ADMIN_KEY: adminKey },
      });
      const end = stdout.lastIndexOf('\n');
      const text = stdout.slice(0, end);
      return { status: Number(stdout.slice(end + 1)), text, body: /^[[{]/.test(text) ? JSON.parse(text) : undefined };
    }

    const sentBy = (command: string) => JSON.parse(/-d '([^']*)'/.exec(command)?.[1] ?? 'null');
    const idsOf = ({ body }: Reply) => body.map(({ id }: { readonly id: string }) => id);

    /** What each does, by method and path. */
    const effects: Readonly<Record<string, (reply: Reply, command: string) => unknown>> = {
      'POST /admin/providers'({ body, status }, command) {
        const { kind, name } = sentBy(command);
        expect(status).toBe(201);
        expect(body).toMatchObject({
          kind,
          name,
          is_active: true,
          created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        });
        made.set(kind, body.id);
      },
      'GET /admin/providers'(reply) {
        expect(idsOf(reply)).toEqual(
          ['openai', 'openrouter', 'dashscope', 'ark'].map((kind) => made.get(kind)).reverse(),
        );
        for (const { command } of commands) {
          const { api_key: credential = undefined } = sentBy(command) ?? {};
          if (credential !== undefined) expect(reply.text).not.toContain(credential);
        }
      },
      async 'PUT /admin/providers/{id}'({ body, status }, command) {
        expect({ status, id: body.id }).toEqual({ status: 200, id: made.get('openai') });
        made.set('credential', sentBy(command).api_key);
        // From here on it can be asked.
        const base = { base_url: `${simulator.url}/v1` };
        expect((await gateway.admin('PUT', `/admin/providers/${body.id}`, base)).status).toBe(200);
      },
      async 'DELETE /admin/providers/{id}'(reply, command) {
        expect(reply).toMatchObject({ status: 204, text: '' });
        expect((await paste(command)).status).toBe(404);
      },
      'POST /admin/models'({ body, status }, command) {
        const asked = sentBy(fillIn(command));
        expect(status).toBe(201);
        expect(body).toMatchObject({ provider_model_name: asked.name, ...asked });
        made.set('model', body.id);
      },
      async 'GET /admin/models'(reply) {
        expect(idsOf(reply)[0]).toBe(made.get('model'));
        expect(reply.body).toHaveLength(2);
        // What a model refers to stays.
        const inUse = await gateway.admin('DELETE', `/admin/providers/${made.get('openai')}`);
        expect(inUse).toMatchObject({ status: 409, body: { error: { code: 'in_use' } } });
      },
      async 'DELETE /admin/models/{id}'(reply) {
        expect(reply).toMatchObject({ status: 204, text: '' });
        expect((await gateway.admin('GET', '/admin/models')).body).toHaveLength(1);
      },
      'POST /admin/keys'({ body, status }, command) {
        expect(status).toBe(201);
        expect(body).toMatchObject({ ...sentBy(command), key: expect.stringMatching(/^sk-/) });
        made.set('key', body.id).set('good key', body.key);
      },
      'GET /admin/keys'(reply) {
        expect(reply.body).toMatchObject([{ id: made.get('key'), is_active: true }]);
        expect(reply.text).not.toContain(made.get('good key'));
      },
      async 'POST /admin/keys/{id}/rotate'({ body, status }) {
        expect({ status, id: body.id }).toEqual({ status: 200, id: made.get('key') });
        expect((await gateway.chat(made.get('good key'))).status).toBe(401);
        expect((await gateway.chat(body.key)).status).toBe(200);
        made.set('good key', body.key);
      },
      async 'DELETE /admin/keys/{id}'(reply) {
        expect(reply).toMatchObject({ status: 204, text: '' });
        expect((await gateway.chat(made.get('good key'))).status).toBe(401);
        // Those who ask afterwards have another.
        made.set('good key', (await gateway.admin('POST', '/admin/keys', { name: 'another' })).body.key);
      },
      'POST /v1/chat/completions'({ body, status, text }, command) {
        expect(status).toBe(200);
        const isStream = sentBy(command).stream === true;
        expect(isStream ? streamedText(text) : body.choices[0].message.content).toBe(answerText(60));
        if (isStream) expect(eventsOf(text).at(-1)).toBe('[DONE]');
        expect(simulator.attempts.at(-1)?.headers.authorization).toBe(`Bearer ${made.get('credential')}`);
      },
    };

    it.each(commands)('$title', async ({ command }) => {
      const [, path = ''] = /localhost:8080(\S+)/.exec(command) ?? [];
      const usual = command.includes(' -d ') ? 'POST' : 'GET';
      const method = /-X (\w+)/.exec(command)?.[1] ?? usual;
      const route = `${method} ${path.replace(/<[\w-]+>/, '{id}')}`;
      seen.add(route);
      await effects[route]!(await paste(command), command);
    });

    it('show every route', () => {
      expect([...seen].sort()).toEqual(Object.keys(effects).sort());
    });
  },
);
