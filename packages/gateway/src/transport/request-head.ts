import { fieldToken } from '../framing/header-field.ts';
import { HeaderLines } from '../framing/header-lines.ts';
import type { UpstreamRequest } from './upstream-call.ts';
import { UpstreamError } from './upstream-error.ts';

/** How the body of a request says where it ends. */
export type BodyLength = number | 'chunked' | 'none';

/**
 * The head of a request as it goes out, a character for each byte. Throws `UPSTREAM_REQUEST_INVALID` for a path or a
 * header that would end it early: an upstream would take the rest for a request of its own.
 */
export function encodeRequestHead(request: UpstreamRequest, host: string, length: BodyLength): string {
  const { method, path, headers } = request;
  if (!visible.test(path) || !fieldToken.test(method)) throw invalid('the method or the path');
  let head = `${method} ${path} HTTP/1.1\r\nconnection: keep-alive\r\n`;
  let namesHost = false;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index]!;
    const value = headers[index + 1]!;
    const line = lines.of(name, value);
    if (line === undefined) throw invalid(fieldToken.test(name) ? `the value of ${name}` : 'the name of a header');
    if (name.length === 4 && name.toLowerCase() === 'host') namesHost = true;
    else if (name.length === 14 && name.toLowerCase() === 'content-length') continue;
    head += line;
  }
  if (!namesHost) head += hostLine(host);
  if (length === 'chunked') return `${head}transfer-encoding: chunked\r\n\r\n`;
  return length === 'none' ? `${head}\r\n` : `${head}content-length: ${length}\r\n\r\n`;
}

/** Stands behind the headers of a request that names no host of its own. */
export function hostLine(host: string): string {
  return `host: ${host}\r\n`;
}

/** How long the body is. One that flows may be announced among the headers; otherwise it goes out in chunks. */
export function bodyLengthOf({ body, headers, method }: UpstreamRequest): BodyLength {
  if (Buffer.isBuffer(body)) return body.length;
  if (body === undefined) return method === 'POST' || method === 'PUT' || method === 'PATCH' ? 0 : 'none';
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index]!.toLowerCase() === 'content-length') return Number(headers[index + 1]);
  }
  return 'chunked';
}

/** A path has no blanks and no control characters; the upper half of Latin-1 goes through as it came. */
const visible = /^[\x21-\x7e\x80-\xff]+$/;
/** The same few go out again and again. */
const lines = new HeaderLines(fieldToken);

function invalid(what: string): UpstreamError {
  return new UpstreamError('UPSTREAM_REQUEST_INVALID', `${what} cannot be written into a request`);
}
