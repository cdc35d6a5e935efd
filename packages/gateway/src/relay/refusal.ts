import { brotliDecompressSync, constants, gunzipSync, inflateSync } from 'node:zlib';
import { isObject } from '../canonical/json.ts';
import { withoutOrderMark } from '../framing/order-mark.ts';
import { classifyBody, classifyStatus } from '../resilience/classify.ts';
import type { Failure } from '../resilience/failure.ts';
import { isSuccess } from './attempt.ts';
import type { UpstreamHead } from './reply-headers.ts';
import { noStream } from './stream-head.ts';
import { parsed } from './upstream-reason.ts';

/** What a body may come to that was compressed: as much as is kept of one that was not. */
const MAX_BYTES = 256 * 1024;

/** Reads what came in place of an answer. `bytes`: its body, or as much of it as was kept. */
export function readRefusal(head: UpstreamHead, bytes: Buffer, wallNow: number): Failure {
  const body = withoutOrderMark(plain(head.contentEncoding, bytes));
  // Only where a stream was asked for is JSON under a good status no answer.
  if (isSuccess(head.status)) return tellsError(body) ? classifyBody(body) : noStream(head.contentType);
  return classifyStatus({
    status: head.status,
    headers: head.get,
    rateLimits: head.rateLimits,
    body,
    contentType: head.contentType,
    wallNow,
  });
}

/** Proxies compress errors although nobody asked them to; unread, they would be misjudged, and told as gibberish. */
function plain(contentEncoding: string, bytes: Buffer): Buffer {
  try {
    switch (contentEncoding.toLowerCase()) {
      case '':
      case 'identity':
        return bytes;
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(bytes, zlibOptions);
      case 'deflate':
        return inflateSync(bytes, zlibOptions);
      case 'br':
        return brotliDecompressSync(bytes, brotliOptions);
    }
  } catch {
    // Not what it says it is, or too large.
  }
  // Its status still tells something.
  return parsed(bytes.toString('utf8')) === undefined ? nothing : bytes;
}

const nothing = Buffer.alloc(0);
/** What broke off is read as far as it goes. */
const zlibOptions = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_BYTES };
const brotliOptions = { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: MAX_BYTES };

function tellsError(body: Buffer): boolean {
  const value = parsed(body.toString('utf8'));
  const told = Array.isArray(value) ? value[0] : value;
  return isObject(told) && told['error'] !== undefined && told['error'] !== null;
}
