import type { LimitVerdict } from '../stores/limit-store.ts';

/**
 * Tells of a key's limit in the headers of a reply: `X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds until it is
 * full again) for requests, the same with `-Tokens` at the end for tokens. Where another limit is told of already, the
 * one with less left stays.
 */
export function tellKeyLimit(headers: string[], verdict: LimitVerdict): void {
  const ending = verdict.ruleId.endsWith('tokens') ? '-Tokens' : '';
  const remaining = verdict.allowed ? Math.max(0, Math.floor(verdict.remaining)) : 0;
  const at = headers.indexOf(`X-RateLimit-Remaining${ending}`);
  if (at >= 0 && Number(headers[at + 1]) <= remaining) return;
  set(headers, `X-RateLimit-Limit${ending}`, String(verdict.limit));
  set(headers, `X-RateLimit-Remaining${ending}`, String(remaining));
  set(headers, `X-RateLimit-Reset${ending}`, String(Math.max(0, Math.ceil(verdict.resetMs / 1000))));
}

function set(headers: string[], name: string, value: string): void {
  const at = headers.indexOf(name);
  if (at >= 0) headers[at + 1] = value;
  else headers.push(name, value);
}
