import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../canonical/gateway-error.ts';
import { MAX_HEADERS } from './server-limits.ts';

/**
 * What is wrong with a head that node's parser let through; undefined when nothing is. Each of these is read differently by
 * different servers, so that somebody in front of the gateway may have understood another request than it would.
 */
export function findHeadFault(request: IncomingMessage): GatewayError | undefined {
  const { headers, httpVersionMajor, httpVersionMinor, rawHeaders } = request;
  if (httpVersionMajor !== 1) return new GatewayError('invalid_request', 'Only HTTP/1.1 is spoken here.');
  if (rawHeaders.length > 2 * MAX_HEADERS) {
    return new GatewayError('headers_too_large', `The request has more than ${MAX_HEADERS} headers.`);
  }
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || httpVersionMinor === 0)) {
    return new GatewayError('invalid_request', 'The only Transfer-Encoding taken is chunked, and that with HTTP/1.1.');
  }
  const hosts = countHosts(rawHeaders);
  if (hosts === 1 || (hosts === 0 && httpVersionMinor === 0)) return undefined;
  return new GatewayError(
    'invalid_request',
    hosts === 0 ? 'The Host header is missing.' : 'There are several Host headers.',
  );
}

function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}
