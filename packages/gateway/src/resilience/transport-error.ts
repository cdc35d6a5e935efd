import type { Failure, FailureKind } from './failure.ts';
import { failureMessage } from './failure-table.ts';

/** Whether the head of the response had come when the transport failed. */
export type TransportPhase = 'before-headers' | 'after-headers';

const kindByCode: ReadonlyMap<string, FailureKind> = new Map<string, FailureKind>([
  ['ENOTFOUND', 'connect_failed'],
  ['EAI_AGAIN', 'connect_failed'],
  ['EAI_FAIL', 'connect_failed'],
  ['EAI_NODATA', 'connect_failed'],
  ['EAI_NONAME', 'connect_failed'],
  ['ENODATA', 'connect_failed'],
  ['ECONNREFUSED', 'connect_failed'],
  ['EHOSTUNREACH', 'connect_failed'],
  ['EHOSTDOWN', 'connect_failed'],
  ['ENETUNREACH', 'connect_failed'],
  ['ENETDOWN', 'connect_failed'],
  ['EADDRNOTAVAIL', 'connect_failed'],
  ['EPROTO', 'connect_failed'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'connect_failed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'connect_failed'],
  ['HOSTNAME_MISMATCH', 'connect_failed'],
  ['INVALID_CA', 'connect_failed'],
  ['UND_ERR_PRX_TLS', 'connect_failed'],
  ['UPSTREAM_CONNECT_TIMEOUT', 'connect_timeout'],
  ['UPSTREAM_MALFORMED', 'malformed'],
  ['UPSTREAM_HEAD_TOO_LARGE', 'malformed'],
  ['UND_ERR_CONNECT_TIMEOUT', 'connect_timeout'],
  ['UND_ERR_HEADERS_TIMEOUT', 'headers_timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'idle_timeout'],
  ['UND_ERR_ABORTED', 'cancelled'],
  ['UND_ERR_ABORT', 'cancelled'],
  ['ABORT_ERR', 'cancelled'],
  ['UND_ERR_HEADERS_OVERFLOW', 'malformed'],
  ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'malformed'],
]);

/** Codes of a connection that went away, or of an answer that ended early. */
const lossCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOTCONN',
  'ERR_STREAM_PREMATURE_CLOSE',
  'UPSTREAM_CLOSED',
  'UND_ERR_SOCKET',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'HPE_INVALID_EOF_STATE',
]);

const certificateCode = /^(?:CERT_|ERR_TLS|ERR_SSL|UNABLE_TO_|CRL_|ERROR_IN_C)/;
const formatCode = /^(?:HPE_|Z_[A-Z]|ERR_(?:_ERROR_FORMAT|BROTLI|ZLIB))/;

/** Reads an error of the transport by its code; what has no known code is `unknown`. Never throws. */
export function classifyError(error: unknown, phase: TransportPhase): Failure {
  const code = codeOf(error);
  const suffix = /^[A-Z0-9_]{2,48}$/.test(code) ? ` (${code})` : '';
  const kind = kindOf(code, error, phase);
  const message = failureMessage(kind).replace(/\.$/, `${suffix}.`);
  return { kind, status: 0, retryAfterMs: undefined, message, body: undefined, contentType: undefined };
}

function kindOf(code: string, error: unknown, phase: TransportPhase): FailureKind {
  const known = kindByCode.get(code);
  if (known !== undefined) return known;
  if (lossCodes.has(code)) {
    if (phase === 'after-headers') return 'truncated';
    return isHandshakeLoss(error) ? 'connect_failed' : 'transient';
  }
  if (code === 'ETIMEDOUT') return phase === 'after-headers' ? 'truncated' : 'connect_timeout';
  if (certificateCode.test(code)) return 'connect_failed';
  if (formatCode.test(code)) return 'malformed';
  return error instanceof Error && error.name === 'AbortError' ? 'cancelled' : 'unknown';
}

/** A reset during the TLS handshake has the code of any reset; the request never left then. */
function isHandshakeLoss(error: unknown): boolean {
  return error instanceof Error && error.message.includes('before secure TLS connection');
}

/** The first code along causes and, where several addresses were tried, among their errors. */
function codeOf(error: unknown): string {
  let current = error;
  for (let depth = 0; depth < 4; depth += 1) {
    if (typeof current !== 'object' || current === null) return '';
    const { code, errors, cause } = current as { code?: unknown; errors?: unknown; cause?: unknown };
    // A failed request reports its own code around the socket's, which says more.
    if (typeof code === 'string' && (cause === undefined || !hasCode(cause))) return code;
    current = Array.isArray(errors) && errors.length > 0 ? errors[0] : cause;
  }
  return '';
}

function hasCode(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { code?: unknown }).code === 'string';
}
