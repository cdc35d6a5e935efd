import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { call, hello } from './caller.ts';

/**
 * The examples of this repository, and the files of any other folder that GATEWAY_SAMPLES names: each must start as it is
 * written, with no variable set. Only the ports are replaced, since they may be taken here.
 */
const folders = [resolve(import.meta.dirname, '../../../../examples'), process.env['GATEWAY_SAMPLES']];
const samples = folders
  .filter((folder) => folder !== undefined && existsSync(folder))
  .flatMap((folder) => readdirSync(folder!).map((name) => join(folder!, name)))
  .filter((file) => /\.(toml|ya?ml|env)$/.test(file) && !/compose/.test(file));

let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
});

describe('sample configurations', () => {
  it.each(samples)('%s starts as written', async (file) => {
    gateway = await startTestGateway({ config: {}, flags: { config: file, port: 0, metricsPort: 0 } });
    const { url } = gateway;
    const isAlive = await fetch(`${url}/health`);
    expect([isAlive.status, await isAlive.text()]).toEqual([200, '{"status":"ok"}']);
    const hasTarget = [...gateway.gateway.runtime.catalog.targets.values()].some(
      ({ enabled, unusable }) => enabled && unusable === undefined,
    );
    expect((await fetch(`${url}/ready`)).status).toBe(hasTarget ? 200 : 503);
    const { port } = gateway.gateway.runtime.config.server;
    expect(port).toBe(0);
    // Whatever is missing, a chat is answered in words, and never by falling over.
    if (!hasTarget) {
      const { status } = await call(url, { model: 'gpt-4o', messages: hello });
      expect([401, 403, 404, 421, 503]).toContain(status);
    }
    expect(gateway.rawLog()).not.toContain('Internal error');
  });
});
