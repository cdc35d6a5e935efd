import type { LimitVerdict } from '../stores/limit-store.ts';

/**
 * Tells of a key's limit in the headers of a reply: `X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds until it is
 * full again) for requests, the same with `-Tokens` at the end for tokens. Where another limit is told of already, the
 * one with less left stays.
 */
export function tellKeyLimit(headers: string[], verdict: LimitVerdict): void {
  const names = verdict.ruleId.endsWith('tokens') ? ofTokens : ofRequests;
  const remaining = verdict.allowed ? Math.max(0, Math.floor(verdict.remaining)) : 0;
  const at = headers.indexOf(names.remaining);
  if (at >= 0 && Number(headers[at + 1]) <= remaining) return;
  const limit = String(verdict.limit);
  const reset = String(Math.max(0, Math.ceil(verdict.resetMs / 1000)));
  if (at < 0) {
    headers.push(names.limit, limit, names.remaining, String(remaining), names.reset, reset);
    return;
  }
  headers[at + 1] = String(remaining);
  set(headers, names.limit, limit);
  set(headers, names.reset, reset);
}

const ofRequests = {
  limit: 'X-RateLimit-Limit',
  remaining: 'X-RateLimit-Remaining',
  reset: 'X-RateLimit-Reset',
} as const;
const ofTokens = {
  limit: 'X-RateLimit-Limit-Tokens',
  remaining: 'X-RateLimit-Remaining-Tokens',
  reset: 'X-RateLimit-Reset-Tokens',
} as const;

function set(headers: string[], name: string, value: string): void {
  const at = headers.indexOf(name);
  if (at >= 0) headers[at + 1] = value;
  else headers.push(name, value);
}
