import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { type AdminReply, type RecordGateway, startRecordGateway } from '../admin/record-gateway.ts';

/** What the simulator's models cost here: dollars for a million tokens of input and output. */
export const pricing = { input: 2, output: 4 };
/** What so many tokens cost then, in nano-dollars. */
export const nanosOf = (input: number, output: number): number => input * 2_000 + output * 4_000;
export const NANOS = 1_000_000_000;

/** A gateway with a record in front of a simulator, for tests of what is spent. */
export interface BudgetScene {
  readonly gateway: RecordGateway;
  readonly simulator: Simulator;
  /** Makes a key; what there is to know of it. */
  readonly key: (fields?: Readonly<Record<string, unknown>>) => Promise<{ readonly id: string; readonly key: string }>;
  /** Makes a budget of a day, of everybody, hard, unless told otherwise; its id. */
  readonly budget: (fields: Readonly<Record<string, unknown>>) => Promise<string>;
  /** What the admin API says of a budget. */
  readonly standing: (id: string) => Promise<AdminReply['body']>;
  readonly restart: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openBudgetScene(config: Readonly<Record<string, unknown>> = {}): Promise<BudgetScene> {
  const folder = await mkdtemp(join(tmpdir(), 'budgets-'));
  const simulator = await startSimulator({ tokens: 10, keepAttempts: 10_000 });
  const provider = { name: 'only', api_base: `${simulator.url}/v1`, api_key: 'sk-upstream' };
  const start = () =>
    startRecordGateway({
      location: { file: join(folder, 'record.db') },
      config: {
        models: {
          priced: { pricing, providers: [provider] },
          other: { pricing, providers: [provider] },
          unpriced: { providers: [{ ...provider, name: 'nobody-knows' }] },
          free: { pricing: { input: 0, output: 0 }, providers: [{ ...provider, name: 'free' }] },
        },
        queue: { max_concurrent: 1_000 },
        ...config,
      },
    });
  let gateway = await start();
  return {
    get gateway() {
      return gateway;
    },
    simulator,
    async key(fields = {}) {
      const { body, text } = await gateway.admin('POST', '/admin/keys', { name: 'test', ...fields });
      if (body?.key === undefined) throw new Error(text);
      return body;
    },
    async budget(fields) {
      const asked = { name: 'test', scope: 'global', period: 'day', ...fields };
      const { body, status, text } = await gateway.admin('POST', '/admin/budgets', asked);
      if (status !== 201) throw new Error(text);
      return body.id;
    },
    standing: async (id) => (await gateway.admin('GET', `/admin/budgets/${id}`)).body,
    async restart() {
      await gateway.stop();
      gateway = await start();
    },
    async close() {
      await gateway.stop();
      await simulator.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What an answer cost, by what it says that it used. */
export function costOfAnswer({ body }: AdminReply): number {
  return nanosOf(body.usage.prompt_tokens, body.usage.completion_tokens);
}
