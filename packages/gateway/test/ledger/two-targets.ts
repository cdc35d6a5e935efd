import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { type RecordGateway, startRecordGateway } from '../admin/record-gateway.ts';

export type AttemptRecordRow = Readonly<Record<string, number | string | null>>;

/** A gateway with a record in front of two simulators, other ones for each test. */
export interface TwoTargets {
  readonly first: Simulator;
  readonly second: Simulator;
  readonly gateway: RecordGateway;
  /** Starts the gateway, which is stopped by itself. */
  start(config: Readonly<Record<string, unknown>>): Promise<void>;
  /** The attempts of the only request, once its row is in the database. */
  attempts(): Promise<readonly AttemptRecordRow[]>;
}

export function useTwoTargets(): TwoTargets {
  let first: Simulator;
  let second: Simulator;
  let gateway: RecordGateway;
  beforeEach(async () => {
    [first, second] = await Promise.all([startSimulator({}), startSimulator({})]);
  });
  afterEach(async () => {
    await gateway.stop();
    await Promise.all([first.close(), second.close()]);
  });
  return {
    get first() {
      return first;
    },
    get second() {
      return second;
    },
    get gateway() {
      return gateway;
    },
    async start(config) {
      gateway = await startRecordGateway({ config });
    },
    attempts: () =>
      vi.waitFor(
        async () => {
          await gateway.drainLedger();
          expect(await gateway.record.database.all('SELECT * FROM usage_records', [])).toHaveLength(1);
          return gateway.record.database.all<AttemptRecordRow>('SELECT * FROM attempt_records ORDER BY number', []);
        },
        { timeout: 10_000, interval: 20 },
      ),
  };
}
