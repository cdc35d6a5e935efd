import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, stop } from './processes.mjs';
import { upstreams } from './upstreams.mjs';

/** The keys of both sides: what the agent sends must not reach the upstream. */
export const clientKey = 'sk-agent-00000000000000000000';
export const providerKey = 'sk-provider-000000000000000000';

const longestStartMs = 20_000;

/**
 * Starts the gateway as its users do, with a configuration file.
 * @param {{ program: string, folder: string, wire: string, address: string, resilience: object }} parts
 * @returns {Promise<{ url: string, log: () => string, stop: () => Promise<void> }>}
 */
export async function startGateway({ program, folder, wire, address, resilience }) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'config.json');
  const configuration = {
    server: { host: '127.0.0.1', port: 0, metrics_port: 0 },
    auth: { keys: [clientKey] },
    resilience,
    providers: {
      upstream: { kind: upstreams[wire].kind, base_url: address, api_key: providerKey, protocols: [wire] },
    },
  };
  writeFileSync(file, JSON.stringify(configuration, undefined, 2));
  const child = launch({
    command: process.execPath,
    args: [program, 'start', '-c', file],
    directory: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
  });
  let log = '';
  const url = await new Promise((resolve, reject) => {
    const fail = (/** @type {string} */ what) => reject(new Error(`The gateway ${what}: ${log.trim().slice(-1_000)}`));
    const timer = setTimeout(() => fail('did not start in time'), longestStartMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        log += text;
        const found = /listens on (http:\/\/[\w.:[\]]+)/.exec(log)?.[1];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      });
    }
    child.once('exit', () => {
      clearTimeout(timer);
      fail('ended');
    });
    child.once('error', (error) => fail(error.message));
  });
  return { url, log: () => log, stop: () => stop(child) };
}
