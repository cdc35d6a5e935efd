import { afterAll, beforeAll } from 'vitest';
import type { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { type RecordGateway, startRecordGateway } from './record-gateway.ts';

/** A gateway with a record in a database of its own, for the tests of a group. */
export function useRecordOn(create: (typeof testDialects)[number]['create']): { gateway: RecordGateway } {
  const record = {} as { gateway: RecordGateway };
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const place = await create();
    drop = place.drop;
    record.gateway = await startRecordGateway({ location: place.location });
  });
  afterAll(async () => {
    await record.gateway.stop();
    await drop();
  });
  return record;
}
