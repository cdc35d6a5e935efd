import { afterEach, expect, vi } from 'vitest';
import { type RecordGateway, startRecordGateway } from '../admin/record-gateway.ts';
import { type TwoSimulators, useTwoSimulators } from '../harness/two-simulators.ts';

export type AttemptRecordRow = Readonly<Record<string, number | string | null>>;

/** A gateway with a record in front of two simulators, other ones for each test. */
export interface TwoTargets extends TwoSimulators {
  gateway: RecordGateway;
  /** Starts the gateway, which is stopped by itself. */
  start(config: Readonly<Record<string, unknown>>): Promise<void>;
  /** The attempts of the only request, once its row is in the database. */
  attempts(): Promise<readonly AttemptRecordRow[]>;
}

export function useTwoTargets(): TwoTargets {
  const scene = useTwoSimulators() as TwoTargets;
  scene.start = async (config) => {
    scene.gateway = await startRecordGateway({ config });
  };
  scene.attempts = () =>
    vi.waitFor(
      async () => {
        await scene.gateway.drainLedger();
        const { database } = scene.gateway.record;
        expect(await database.all('SELECT * FROM usage_records', [])).toHaveLength(1);
        return database.all<AttemptRecordRow>('SELECT * FROM attempt_records ORDER BY number', []);
      },
      { timeout: 10_000, interval: 20 },
    );
  afterEach(() => scene.gateway.stop());
  return scene;
}
