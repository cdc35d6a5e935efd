import { GatewayError } from '../canonical/gateway-error.ts';
import type { LimitVerdict } from '../stores/limit-store.ts';
import type { SlotPool } from '../stores/slot-store.ts';
import { daily } from './compiled-key-limits.ts';
import { tellKeyLimit } from './key-limit-headers.ts';

/** How the one who is limited is called in messages, by the beginning of a rule's or a pool's id. */
function whose(id: string): string {
  return `this ${scopeOf(id)}'s`;
}

/** Of a key, a team, a tenant or an organisation, by the beginning of a rule's or a pool's id. */
export function scopeOf(id: string): string {
  return /^[a-z]+/.exec(id)?.[0] ?? 'key';
}

/** A limit of requests or tokens is spent. `tokens`: what the request may come to. */
export function spent(verdict: LimitVerdict, tokens: number): GatewayError {
  const seconds = Math.max(1, Math.ceil(verdict.retryAfterMs / 1000));
  const unit = verdict.ruleId.endsWith('tokens') ? 'tokens' : 'requests';
  const span = verdict.ruleId.includes(daily) ? 'a day' : 'a minute';
  const limit = `${whose(verdict.ruleId)} limit of ${verdict.limit} ${unit} in ${span}`;
  const told: string[] = [];
  tellKeyLimit(told, verdict);
  const headers = Object.fromEntries(pairs(told));
  // Time does not cure that.
  if (unit === 'tokens' && tokens > verdict.limit) {
    const remedy = 'a lower limit of output tokens may fit';
    const message = `Too many tokens: this request may take ${tokens} tokens, more than ${limit} ever lets through; ${remedy}.`;
    return new GatewayError('rate_limited', message, { headers });
  }
  return new GatewayError(
    'rate_limited',
    `Too many ${unit}: ${limit} is spent. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
    { retryAfterMs: seconds * 1000, headers },
  );
}

/** There is no place for one more request. */
export function tooMany({ id, maxConcurrent }: SlotPool): GatewayError {
  return new GatewayError(
    'rate_limited',
    `Too many requests at once: ${whose(id)} limit of ${maxConcurrent} under way is reached. Try again when one of them has ended.`,
    { retryAfterMs: 1000 },
  );
}

function pairs(flat: readonly string[]): readonly [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[index * 2]!, flat[index * 2 + 1]!]);
}
