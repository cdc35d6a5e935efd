import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuiltGateway, buildGateway, type GatewayProcess } from '../acceptance/built-gateway.ts';

/** Several gateways as they are deployed: each a process with its own configuration file, one Redis server for all. */
export interface Replicas {
  /** Starts one more; its base URL once it listens. */
  start(options: ReplicaOptions): Promise<Replica>;
  /** A folder that goes with them. */
  folder(): Promise<string>;
  remove(): Promise<void>;
}

export interface ReplicaOptions {
  readonly redisUrl: string;
  readonly upstream: string;
  /** Sections of the configuration. */
  readonly sections?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export interface Replica {
  readonly url: string;
  readonly process: GatewayProcess;
}

export async function buildReplicas(): Promise<Replicas> {
  const built: BuiltGateway = await buildGateway();
  const folders: string[] = [];
  return {
    async start({ args = [], env = {}, redisUrl, sections = {}, upstream }) {
      const config = {
        server: { host: '127.0.0.1', port: 0, metrics_port: 0 },
        models: { sim: { providers: [{ name: 'only', api_base: `${upstream}/v1`, api_key: 'none' }] } },
        ...sections,
      };
      const process = await built.start({
        args: ['start', ...args],
        env: { REDIS_URL: redisUrl, ...env },
        files: { 'config.yaml': JSON.stringify(config) },
      });
      return { url: await process.listening(), process };
    },
    async folder() {
      const folder = await mkdtemp(join(tmpdir(), 'llm-gateway-replicas-'));
      folders.push(folder);
      return folder;
    },
    async remove() {
      await built.remove();
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
    },
  };
}

/** What a replica says of Redis on its health page. */
export async function redisStatusOf(url: string): Promise<string | undefined> {
  const reply = await fetch(`${url}/health?detailed=true`, { headers: { connection: 'close' } });
  const { components } = (await reply.json()) as { components: { redis?: { status: string } } };
  return components.redis?.status;
}

/** A number of the metrics page, over all labels that it has in the lines that hold `label`. */
export async function metricOf(url: string, name: string, label = ''): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
