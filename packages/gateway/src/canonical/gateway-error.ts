/**
 * Every error a caller can receive from the gateway itself, as a closed table: the HTTP status, the type and code of
 * the OpenAI error envelope. Protocols render it in their own shape; `docs/errors.md` is tested against the table.
 */
export const errorKinds = {
  invalid_json: { status: 400, type: 'invalid_request_error', code: 'invalid_json' },
  invalid_request: { status: 400, type: 'invalid_request_error', code: 'invalid_request' },
  model_required: { status: 400, type: 'invalid_request_error', code: 'model_required' },
  bad_path: { status: 400, type: 'invalid_request_error', code: 'bad_path' },
  unauthenticated: { status: 401, type: 'authentication_error', code: 'invalid_api_key' },
  invalid_signature: { status: 401, type: 'authentication_error', code: 'invalid_signature' },
  forbidden: { status: 403, type: 'permission_error', code: 'forbidden' },
  loopback_only: { status: 403, type: 'permission_error', code: 'loopback_only' },
  path_denied: { status: 403, type: 'permission_error', code: 'path_denied' },
  price_unknown: { status: 403, type: 'permission_error', code: 'price_unknown' },
  not_found: { status: 404, type: 'invalid_request_error', code: 'not_found' },
  model_not_found: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
  method_not_allowed: { status: 405, type: 'invalid_request_error', code: 'method_not_allowed' },
  request_timeout: { status: 408, type: 'invalid_request_error', code: 'request_timeout' },
  payload_too_large: { status: 413, type: 'invalid_request_error', code: 'payload_too_large' },
  unsupported_media_type: { status: 415, type: 'invalid_request_error', code: 'unsupported_media_type' },
  misdirected_host: { status: 421, type: 'invalid_request_error', code: 'misdirected_host' },
  rate_limited: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  budget_exceeded: { status: 429, type: 'rate_limit_error', code: 'budget_exceeded' },
  headers_too_large: { status: 431, type: 'invalid_request_error', code: 'headers_too_large' },
  client_closed: { status: 499, type: 'invalid_request_error', code: 'client_closed' },
  internal: { status: 500, type: 'server_error', code: 'internal_error' },
  operation_unsupported: { status: 501, type: 'invalid_request_error', code: 'operation_unsupported' },
  upstream_failed: { status: 502, type: 'server_error', code: 'upstream_failed' },
  upstream_malformed: { status: 502, type: 'server_error', code: 'upstream_malformed' },
  upstream_truncated: { status: 502, type: 'server_error', code: 'upstream_truncated' },
  upstream_credentials: { status: 502, type: 'server_error', code: 'upstream_credentials' },
  no_target: { status: 503, type: 'server_error', code: 'no_target_available' },
  queue_full: { status: 503, type: 'server_error', code: 'queue_full' },
  queue_timeout: { status: 503, type: 'server_error', code: 'queue_timeout' },
  target_busy: { status: 503, type: 'server_error', code: 'target_busy' },
  upstream_overloaded: { status: 503, type: 'server_error', code: 'upstream_overloaded' },
  upstream_quota: { status: 503, type: 'server_error', code: 'upstream_quota_exhausted' },
  shutting_down: { status: 503, type: 'server_error', code: 'shutting_down' },
  store_unavailable: { status: 503, type: 'server_error', code: 'store_unavailable' },
  signing_unconfigured: { status: 503, type: 'server_error', code: 'signing_unconfigured' },
  upstream_timeout: { status: 504, type: 'timeout_error', code: 'upstream_timeout' },
} as const satisfies Record<string, { status: number; type: string; code: string }>;

export type ErrorKind = keyof typeof errorKinds;

export interface GatewayErrorDetails {
  /** The body field at fault, as the OpenAI envelope's `param`. */
  readonly param?: string;
  /** Milliseconds after which a repeat can succeed; rendered as `Retry-After` in whole seconds, rounded up. */
  readonly retryAfterMs?: number;
  /** HTTP status where it is not the kind's: an upstream's own, passed on. */
  readonly status?: number;
  /** Code of the envelope where it is not the kind's. */
  readonly code?: string;
  /** More response headers, such as `X-RateLimit-Limit`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** The only error class that crosses folders: what was wrong and what to do, in a sentence the caller may read. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly kind: ErrorKind;
  readonly param: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
  readonly code: string;

  constructor(kind: ErrorKind, message: string, details: GatewayErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.param = details.param;
    this.retryAfterMs = details.retryAfterMs;
    this.headers = details.headers ?? {};
    this.status = details.status ?? errorKinds[kind].status;
    this.code = details.code ?? errorKinds[kind].code;
  }
}
