import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltGateway, buildOwnGateway } from '../acceptance/built-gateway.ts';

let built: BuiltGateway;
beforeAll(async () => {
  built = await buildOwnGateway();
  await breakPrices(join(built.folder, 'dist'));
}, 60_000);
afterAll(() => built.remove());

const start = (config: object, env: Readonly<Record<string, string>> = {}) =>
  built.start({
    args: ['start', '--config', 'config.json'],
    env,
    files: { 'config.json': JSON.stringify({ server: { port: 0, metrics_port: 0 }, ...config }) },
  });
const withRecord = { database: { path: 'record.db' } };

it('prices that could not be read while the record opened ended a start without a word of why', async () => {
  const gateway = await start(withRecord);
  expect(await gateway.ended).toBe(70);
  expect(gateway.stderr()).toContain('error: This is a fault of llm-gateway: Error: The prices are broken.');
});

it('a record that cannot be used is what a start ends with, whatever else fails meanwhile', async () => {
  const gateway = await start(withRecord, { SECRETS_ENCRYPTION_KEY: 'too short' });
  expect(await gateway.ended).toBe(1);
  expect(gateway.stderr()).toContain('The record cannot be used: SECRETS_ENCRYPTION_KEY is too short.');
  expect(gateway.stderr()).not.toContain('The prices are broken.');
});

it('a start without a record reads no prices', async () => {
  const gateway = await start({});
  await gateway.listening();
  gateway.signal('SIGTERM');
  expect(await gateway.ended).toBe(0);
});

/** Has the library of prices fail when it is loaded. */
async function breakPrices(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!/^dist-\w+\.js$/.test(name) || !(await readFile(path, 'utf8')).includes('@pydantic/genai-prices')) continue;
    await writeFile(path, "throw new Error('The prices are broken.');");
  }
}
