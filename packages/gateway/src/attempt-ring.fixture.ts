import type { AttemptRingParts } from './attempt-ring.ts';
import { createHeadRules } from './relay/reply-headers.ts';

/** Parts of a ring that plain requests have no need of. */
export const unneededParts = {
  adaptive: undefined,
  headRules: createHeadRules({ renameRateLimits: false, replaced: [] }),
  securityHeaders: () => [],
  newId: () => '0123456789abcdef',
  media: { fetch: () => Promise.reject(new Error('nothing to fetch')) },
  storedResponses: () => Promise.reject(new Error('nothing to read')),
  models: { find: () => undefined, maxOutputTokens: () => undefined },
} satisfies Partial<AttemptRingParts>;
