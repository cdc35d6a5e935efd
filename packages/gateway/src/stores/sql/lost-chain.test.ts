import { afterEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../manual-clock.fixture.ts';
import { createSqlAuditStore } from './audit-store.ts';
import { openTestRecord, type TestRecord } from './record.fixture.ts';
import { testDialects } from './test-databases.fixture.ts';

describe.each(testDialects)('an audit log on $name', (dialect) => {
  let record: TestRecord;
  afterEach(() => record.close());

  it('that has lost the row of its ends is not intact, and takes nothing more', async () => {
    const clock = createManualClock();
    record = await openTestRecord(dialect, clock);
    const { database } = record.context;
    const audit = createSqlAuditStore({ database, clock });
    const event = { kind: 'key.created', actor: 'admin', outcome: 'success' } as const;
    await audit.append([event]);
    await database.run('DELETE FROM audit_chain');
    expect(await audit.verify()).toEqual({
      isIntact: false,
      seq: undefined,
      problem: expect.stringContaining('audit_chain lacks its row'),
    });
    await expect(audit.append([event])).rejects.toThrow('audit_chain lacks its row');
  });
});
