import { createHash } from 'node:crypto';
import type { AuditEntry, AuditEvent } from '../audit-store.ts';

/** An event as its table has it. */
export interface AuditRow {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly actor: string;
  readonly outcome: AuditEntry['outcome'];
  readonly tenant_id: string | null;
  readonly subject: string | null;
  readonly request_id: string | null;
  readonly address: string | null;
  readonly detail: string;
  readonly previous_hash: string;
  readonly hash: string;
}

export const auditColumns = [
  'seq',
  'at',
  'kind',
  'actor',
  'outcome',
  'tenant_id',
  'subject',
  'request_id',
  'address',
  'detail',
  'previous_hash',
  'hash',
] as const satisfies readonly (keyof AuditRow)[];

/** An entry in its place, before it has its hash. */
export function rowOf(entry: AuditEntry, seq: number, at: number, previousHash: string): AuditRow {
  return {
    seq,
    at,
    kind: storable(entry.kind),
    actor: storable(entry.actor),
    outcome: entry.outcome,
    tenant_id: optional(entry.tenantId),
    subject: optional(entry.subject),
    request_id: optional(entry.requestId),
    address: optional(entry.address),
    detail: JSON.stringify({
      ...entry.detail,
      ...(entry.body !== undefined && { [BODY_HASH]: sha256(storable(entry.body)) }),
    }),
    previous_hash: previousHash,
    hash: '',
  };
}

/** What is kept beside an event, as every database gives it back; undefined: nothing. */
export function bodyOf({ body }: AuditEntry): string | undefined {
  return body === undefined ? undefined : storable(body);
}

/** Whether a body is that of which the event has the hash. */
export function isBodyOf(row: AuditRow, body: string): boolean {
  const { [BODY_HASH]: kept } = JSON.parse(row.detail) as AuditEvent['detail'];
  return kept === sha256(body);
}

const BODY_HASH = 'body_sha256';

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What the hash of an event is over: every column but the hash, in an order that never changes. */
export function sealedText(row: AuditRow): string {
  return JSON.stringify(auditColumns.filter((column) => column !== 'hash').map((column) => row[column]));
}

export function decodeEvent(row: AuditRow): AuditEvent {
  return {
    seq: row.seq,
    at: row.at,
    kind: row.kind,
    actor: row.actor,
    outcome: row.outcome,
    tenantId: row.tenant_id,
    subject: row.subject,
    requestId: row.request_id,
    address: row.address,
    detail: JSON.parse(row.detail) as AuditEvent['detail'],
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}

function optional(text: string | null | undefined): string | null {
  return text == null ? null : storable(text);
}

/** The text as every database gives it back: without null characters and halves of characters. */
function storable(text: string): string {
  return Buffer.from(text.replaceAll('\0', '')).toString();
}
