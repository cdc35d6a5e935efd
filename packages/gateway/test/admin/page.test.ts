import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminRoutes } from '../../src/server/admin/admin-server.ts';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { root } from '../source-tree.ts';
import { adminKey, type RecordGateway, startRecordGateway } from './record-gateway.ts';

const run = promisify(execFile);
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);
const page = readFileSync(join(root, 'docs/admin-api.md'), 'utf8');
const commands = [...page.matchAll(/```console\n([\s\S]*?)```/g)].map(([, code = '']) => code.trim());

describe('docs/admin-api.md', () => {
  let gateway: RecordGateway;
  let drop: () => Promise<void>;
  /** What its reader fills in: ids of what the commands before have made. */
  const made = new Map<string, string>();
  beforeAll(async () => {
    const place = await testDialects[0]!.create();
    drop = place.drop;
    gateway = await startRecordGateway({ location: place.location });
  });
  afterAll(async () => {
    await gateway.stop();
    await drop();
  });

  it.skipIf(!hasCurl).each(commands)('%s', async (command) => {
    const typed = [...made].reduce((text, [name, id]) => text.replaceAll(name, id), command);
    expect(typed).not.toMatch(/<[a-z-]+>/);
    const { stdout } = await run(
      'sh',
      ['-c', `${typed.replace('http://localhost:8080', gateway.url)} -s --fail-with-body`],
      {
        env: { PATH: process.env['PATH'], ADMIN_KEY: adminKey },
      },
    );
    const thing = /-X POST \S+\/admin\/(\w+)s \\/.exec(command)?.[1];
    if (thing !== undefined) made.set(`<${thing}-id>`, JSON.parse(stdout).id);
  });

  it('has commands', () => {
    expect(commands.length).toBeGreaterThan(6);
  });

  it('names every path', () => {
    for (const { path } of adminRoutes) expect(page).toContain(`\`${path}\``);
  });
});

describe('the OpenAPI document', () => {
  it('has every route, with the shapes that are checked', async () => {
    const place = await testDialects[0]!.create();
    const gateway = await startRecordGateway({ location: place.location });
    const { body } = await gateway.admin('GET', '/admin/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    for (const { method, path, status } of adminRoutes) {
      expect(body.paths[path][method.toLowerCase()].responses[status], `${method} ${path}`).toBeDefined();
    }
    const { requestBody } = body.paths['/admin/keys'].post;
    expect(requestBody.content['application/json'].schema).toMatchObject({
      required: ['name'],
      additionalProperties: false,
      properties: {
        expires_at: expect.anything(),
        scopes: { properties: { admin: { enum: expect.arrayContaining(['read']) } } },
      },
    });
    const ids = Object.values<Record<string, { operationId: string }>>(body.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    await gateway.stop();
    await place.drop();
  });
});
