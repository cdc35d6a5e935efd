import type { AuditStore } from '../stores/audit-store.ts';
import type { BudgetStore } from '../stores/budget-store.ts';
import type { KeyStore } from '../stores/key-store.ts';
import type { ModelStore, ProviderStore } from '../stores/provider-store.ts';
import type { RevisionStore } from '../stores/revision-store.ts';
import { createSqlAuditStore } from '../stores/sql/audit-store.ts';
import { createSqlBudgetStore } from '../stores/sql/budget-store.ts';
import type { StoreContext } from '../stores/sql/collection.ts';
import { createSqlKeyStore } from '../stores/sql/key-store.ts';
import { createSqlModelStore, createSqlProviderStore } from '../stores/sql/provider-store.ts';
import { createSqlRevisionStore } from '../stores/sql/revision-store.ts';
import { createSqlTenantStore } from '../stores/sql/tenant-store.ts';
import type { TenantStore } from '../stores/tenant-store.ts';

/** Everything that the record keeps. */
export interface RecordStores {
  readonly keys: KeyStore;
  readonly providers: ProviderStore;
  readonly models: ModelStore;
  readonly tenants: TenantStore;
  readonly budgets: BudgetStore;
  readonly audit: AuditStore;
  readonly revisions: RevisionStore;
}

export function createRecordStores(context: StoreContext): RecordStores {
  const { clock, database } = context;
  return {
    keys: createSqlKeyStore(context),
    providers: createSqlProviderStore(context),
    models: createSqlModelStore(context),
    tenants: createSqlTenantStore(context),
    budgets: createSqlBudgetStore(context),
    audit: createSqlAuditStore({ database, clock }),
    revisions: createSqlRevisionStore(database, clock),
  };
}
