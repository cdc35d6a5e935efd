/** Why a call failed that got no whole answer; faults of the socket itself keep the codes that Node gives them. */
export type UpstreamErrorCode =
  /** No connection within its limit. */
  | 'UPSTREAM_CONNECT_TIMEOUT'
  /** The connection went away before the response was whole. */
  | 'UPSTREAM_CLOSED'
  /** What came is no HTTP/1.1, or could be read in two ways. */
  | 'UPSTREAM_MALFORMED'
  /** The head is larger than is allowed. */
  | 'UPSTREAM_HEAD_TOO_LARGE'
  /** A body that flows has another length than was announced, or broke off. */
  | 'UPSTREAM_BODY_BROKEN'
  /** The request cannot be written down: a header or the path would end it early. */
  | 'UPSTREAM_REQUEST_INVALID';

export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly code: UpstreamErrorCode;

  constructor(code: UpstreamErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function malformed(message: string): UpstreamError {
  return new UpstreamError('UPSTREAM_MALFORMED', message);
}
