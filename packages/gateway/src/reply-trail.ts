import { formatMilliseconds } from './canonical/milliseconds.ts';
import type { Exchange } from './exchange.ts';

/**
 * Adds the headers by which a reply tells of itself: the request's id, the limits that were counted, the target that
 * answers, every attempt in order, and the milliseconds that were the gateway's own.
 */
export function addReplyTrail(exchange: Exchange, headers: string[]): void {
  const { replyHeaders, targetId } = exchange;
  headers.push('x-request-id', exchange.id);
  for (let index = 0; index < replyHeaders.length; index++) headers.push(replyHeaders[index]!);
  if (targetId !== undefined) headers.push('x-gateway-target', targetId);
  const trail = attemptTrail(exchange);
  if (trail !== '') headers.push('x-gateway-attempts', trail);
  if (exchange.dropped.length > 0) headers.push('x-gateway-dropped', printable(exchange.dropped));
  headers.push('x-gateway-overhead-ms', formatMilliseconds(exchange.overheadMs()));
}

/** `gpt-4o/openai rate_limited 429, gpt-4o/azure ok`. */
export function attemptTrail({ attempts, targetId, firstByteAt }: Exchange): string {
  let trail = '';
  for (let index = 0; index < attempts.length; index++) {
    const { targetId: id, outcome, status } = attempts[index]!;
    if (index > 0) trail += ', ';
    trail += status > 0 && outcome !== 'ok' ? `${id} ${outcome} ${status}` : `${id} ${outcome}`;
  }
  // The attempt that answers is not over when its headers go out.
  if (targetId === undefined || firstByteAt === undefined) return trail;
  return trail === '' ? `${targetId} ok` : `${trail}, ${targetId} ok`;
}

const LONGEST_LIST = 1_024;

/** Names of members that the caller made up may hold anything; a header may not. */
function printable(names: readonly string[]): string {
  return names
    .map((name) => name.replace(/[^\x21-\x2b\x2d-\x7e]/g, '?'))
    .join(', ')
    .slice(0, LONGEST_LIST);
}
