import { GatewayError } from '../canonical/gateway-error.ts';
import { type AdminCaller, findKeyCaller } from './admin/admin-caller.ts';
import { noteRefusal } from './admin/note-refusal.ts';
import type { ManagementRequest, ManagementSource } from './management-pages.ts';
import type { ManagementMatch } from './management-routes.ts';

export interface ReaderInput {
  readonly source: Pick<ManagementSource, 'access' | 'clock' | 'record'>;
  readonly exchange: ManagementRequest['exchange'];
  readonly page: ManagementMatch['page'];
  /** Of the request; of who administers one tenant it asks for that tenant afterwards. */
  readonly query: URLSearchParams;
}

/** What tells of one tenant alone when it is asked to. */
const pagesOfTenants: ReadonlySet<ManagementMatch['page']> = new Set(['cost_report', 'token_report', 'usage_export']);

/**
 * Lets those look who may: whoever has the operators' key, keys of the record that may read everything, and keys that
 * administer one tenant, which see the usage of that one. Throws GatewayError as `AdminAccess` does, and `forbidden`.
 */
export async function admitReader({ exchange, page, query, source }: ReaderInput): Promise<void> {
  const { access, clock, record } = source;
  let caller: AdminCaller | undefined;
  try {
    const onKnown = (known: AdminCaller): void => {
      caller = known;
    };
    await findKeyCaller({ exchange, now: clock.wallNow(), record, onKnown });
    if (caller === undefined) access(exchange);
    else if (caller.role === 'tenant') keepWithin(caller, page, query);
  } catch (error) {
    noteRefusal(record, { exchange, path: page, error, caller });
    throw error;
  }
}

function keepWithin({ tenantId = '' }: AdminCaller, page: ManagementMatch['page'], query: URLSearchParams): void {
  if (!pagesOfTenants.has(page)) {
    throw new GatewayError(
      'forbidden',
      'This key administers one tenant: it may look at the costs and tokens of that tenant, and export its usage.',
    );
  }
  const asked = query.get('tenant')?.trim();
  if (asked && asked !== tenantId) {
    throw new GatewayError('forbidden', 'This key administers another tenant.', { param: 'tenant' });
  }
  query.set('tenant', tenantId);
}
