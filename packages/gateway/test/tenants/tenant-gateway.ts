import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import type { TestDialect } from '../../src/stores/sql/test-databases.fixture.ts';
import { type RecordGateway, startRecordGateway } from '../admin/record-gateway.ts';

/** A gateway with a record between callers and two upstreams, one in each region. */
export interface TenantGateway extends RecordGateway {
  /** Both speak for `gpt-4o`, the one of the United States first. */
  readonly us: Simulator;
  readonly eu: Simulator;
  /** Makes something by the admin API and gives it back; fails where it is refused. */
  readonly make: (path: string, body: Readonly<Record<string, unknown>>) => Promise<Made>;
  /** Makes a key and gives its value. */
  readonly keyOf: (owner: Readonly<Record<string, unknown>>) => Promise<string>;
  readonly end: () => Promise<void>;
}

export interface Made {
  readonly id: string;
  readonly key: string;
}

export async function startTenantGateway(
  dialect: TestDialect,
  config: Readonly<Record<string, unknown>> = {},
): Promise<TenantGateway> {
  const { drop, location } = await dialect.create();
  const [us, eu] = [await startSimulator({ name: 'us' }), await startSimulator({ name: 'eu' })];
  const target = ({ url }: Simulator, region: string | undefined, priority: number) => ({
    name: `in-${region}`,
    api_base: `${url}/v1`,
    api_key: 'sk-upstream',
    priority,
    // Each is tried once, and answers are kept by the gateway.
    max_retries: 0,
    protocols: ['openai-chat'],
    ...(region && { region }),
  });
  const pricing = { input: 2, output: 4 };
  const both = { pricing, providers: [target(us, 'us', 1), target(eu, 'eu', 2)] };
  const models = {
    'gpt-4o': both,
    other: { pricing, providers: [target(us, 'us', 1)] },
    nowhere: { providers: [target(us, undefined, 1)] },
  };
  const gateway = await startRecordGateway({
    location,
    config: {
      models,
      server: { host: '127.0.0.1', port: 0, metrics_port: 0, trusted_proxies: ['127.0.0.1'] },
      routing: { fallbacks: { 'gpt-4o': ['other'] } },
      resilience: { retry: { initial_delay_ms: 1, max_attempts: 4 } },
      ...config,
    },
  });
  const make = async (path: string, body: Readonly<Record<string, unknown>>): Promise<Made> => {
    const made = await gateway.admin('POST', `/admin/${path}`, body);
    if (made.status !== 201) throw new Error(`${path} was not made: ${made.text}`);
    return made.body as Made;
  };
  return {
    ...gateway,
    us,
    eu,
    make,
    keyOf: async (owner) => (await make('keys', { name: 'test', ...owner })).key,
    async end() {
      await gateway.stop();
      await Promise.all([us.close(), eu.close()]);
      await drop();
    },
  };
}
