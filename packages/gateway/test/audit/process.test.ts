import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltGateway, buildGateway } from '../acceptance/built-gateway.ts';
import { runCli } from '../cli/run-cli.ts';

let built: BuiltGateway;
beforeAll(async () => {
  built = await buildGateway();
}, 60_000);
afterAll(() => built.remove());

const yaml = (more = '') =>
  `server: { host: 127.0.0.1, port: 0, metrics_port: 0 }\nvllm_backends: { m: "http://127.0.0.1:1" }\n${more}`;

/** Another configuration in one step: of one that is half written there would be an event as well. */
async function replace(directory: string, text: string): Promise<void> {
  const next = join(directory, 'next.yaml');
  await writeFile(next, text);
  await rename(next, join(directory, 'config.yaml'));
}

it.each([1, 2])(
  'starts, reloads and ends in the audit log, with %i workers',
  async (workers) => {
    const gateway = await built.start({
      files: { 'config.yaml': yaml() },
      args: ['start', '-c', 'config.yaml', '--workers', `${workers}`],
      env: { ADMIN_KEY: 'a-key-of-the-operators' },
    });
    const url = await gateway.listening();
    const refused = await fetch(`${url}/v1/models`, { headers: { authorization: 'Bearer sk-of-nobody' } });
    expect(refused.status).toBe(401);
    await replace(gateway.directory, yaml('queue: { max_size: 7 }\n'));
    await gateway.waitForOutput('Configuration reloaded');
    await replace(gateway.directory, yaml('queue: { max_size: many }\n'));
    await gateway.waitForOutput('Configuration not reloaded');
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);

    // The configuration is the broken one now, so the database is named.
    const run = (command: string) =>
      runCli(['audit', command, '--database', 'data/llm-gateway.db'], { cwd: gateway.directory });
    const { stdout } = await run('export');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({
      kind: 'gateway.started',
      actor: 'system',
      detail: { version: expect.any(String) },
    });
    expect(events.at(-1)).toMatchObject({ kind: 'gateway.stopped' });
    expect(events.filter(({ kind }) => kind === 'auth.failed')).toHaveLength(1);
    // The watch may tell of one change more than once.
    const reloads = events.filter(({ kind }) => kind === 'config.reloaded');
    expect(reloads).toContainEqual(expect.objectContaining({ outcome: 'success', detail: { changed: ['queue'] } }));
    const problem = expect.stringContaining('queue.max_size');
    expect(reloads).toContainEqual(expect.objectContaining({ outcome: 'failure', detail: { problem } }));
    expect((await run('verify')).code).toBe(0);
  },
  60_000,
);
