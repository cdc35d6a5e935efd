import { testAuditStore } from '../audit-store.conformance.ts';
import { testBudgetStore } from '../budget-store.conformance.ts';
import { testKeyStore } from '../key-store.conformance.ts';
import { testProviderStore } from '../provider-store.conformance.ts';
import { testTenantStore } from '../tenant-store.conformance.ts';
import { createSqlAuditStore } from './audit-store.ts';
import { createSqlBudgetStore } from './budget-store.ts';
import { createSqlKeyStore } from './key-store.ts';
import { createSqlModelStore, createSqlProviderStore } from './provider-store.ts';
import { openTestRecord } from './record.fixture.ts';
import { createSqlTenantStore } from './tenant-store.ts';
import { testDialects } from './test-databases.fixture.ts';

for (const dialect of testDialects) {
  testKeyStore(`a key store on ${dialect.name}`, async (clock) => {
    const { context, clear, close } = await openTestRecord(dialect, clock);
    return { keys: createSqlKeyStore(context), tenants: createSqlTenantStore(context), clear, close };
  });

  testProviderStore(`a provider store on ${dialect.name}`, async (clock) => {
    const { context, clear, close } = await openTestRecord(dialect, clock);
    return { providers: createSqlProviderStore(context), models: createSqlModelStore(context), clear, close };
  });

  testTenantStore(`a tenant store on ${dialect.name}`, async (clock) => {
    const { context, clear, close } = await openTestRecord(dialect, clock);
    return { tenants: createSqlTenantStore(context), clear, close };
  });

  testBudgetStore(`a budget store on ${dialect.name}`, async (clock) => {
    const { context, second, clear, close } = await openTestRecord(dialect, clock);
    return {
      budgets: createSqlBudgetStore(context),
      second: createSqlBudgetStore(second),
      owners: createSqlTenantStore(context),
      clear,
      close,
    };
  });

  testAuditStore(`an audit store on ${dialect.name}`, async (clock) => {
    const { context, second, clear, close } = await openTestRecord(dialect, clock);
    return {
      audit: createSqlAuditStore(context),
      second: createSqlAuditStore(second),
      tamper: async (seq, property, value) => {
        await context.database.run(`UPDATE audit_events SET ${property} = ? WHERE seq = ?`, [value, seq]);
      },
      putBody: async (seq, body) => {
        const sql =
          'INSERT INTO audit_bodies (seq, at, body) VALUES (?, ?, ?) ON CONFLICT (seq) DO UPDATE SET body = excluded.body';
        await context.database.run(sql, [seq, 0, body]);
      },
      remove: async (seq) => {
        await context.database.run('DELETE FROM audit_events WHERE seq = ?', [seq]);
      },
      clear,
      close,
    };
  });
}
