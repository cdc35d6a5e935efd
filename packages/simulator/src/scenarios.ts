import type { Behaviour } from './behaviours.ts';

/** A fault that is asked for by model name. */
export interface Scenario {
  readonly name: string;
  /** What the provider does, in a few words; the README shows the same. */
  readonly does: string;
  /** Settings that the model name may carry after a question mark, beside `tokens`, `gap` and `first`. */
  readonly settings: readonly string[];
  /** What happens to one use of it. */
  behave(use: ScenarioUse): Behaviour;
}

/** One use of a scenario. */
export interface ScenarioUse {
  /** Uses of the same model name before this one. */
  readonly count: number;
  /** Milliseconds since the first use of the same model name. */
  readonly elapsedMs: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** The setting of the model name, or the default. */
  setting(name: string, otherwise: number): number;
}

/** The scenario of a name, in any case; a number alone is its first variant (`f17` is `f17a`), and `f8a` is `f8`. */
export function findScenario(name: string): Scenario | undefined {
  const known = name.toLowerCase();
  return byName.get(known) ?? byName.get(`${known}a`) ?? byName.get(known.replace(/^(f\d+)a$/, '$1'));
}

const answer: Behaviour = { kind: 'answer' };

function once(fault: Behaviour): (use: ScenarioUse) => Behaviour {
  return ({ count }) => (count === 0 ? fault : answer);
}

function always(fault: Behaviour): () => Behaviour {
  return () => fault;
}

function define(name: string, does: string, behave: Scenario['behave'], settings: readonly string[] = []): Scenario {
  return { name, does, settings, behave };
}

// The words are the wire's own, which is what clients of some wires have to go by.
function error(status: number, code: string, type = 'invalid_request_error'): Behaviour {
  return { kind: 'status', status, error: { code, type } };
}

const afterTokens = (use: ScenarioUse, otherwise: number) => ({ afterTokens: use.setting('after', otherwise) });

/** Every scenario, by number. */
export const scenarios: readonly Scenario[] = [
  define(
    'f1',
    '429 with `Retry-After: 2` once, then answers',
    (use) => once({ kind: 'status', status: 429, headers: { 'retry-after': String(use.setting('retry', 2)) } })(use),
    ['retry'],
  ),
  define('f2', '429 for ever, without a header', always({ kind: 'status', status: 429 })),
  define('f3', '500 once, then answers', once({ kind: 'status', status: 500 })),
  define('f4', '503 for ever', always({ kind: 'status', status: 503 })),
  define(
    'f5',
    'resets the connection before headers once, then answers',
    once({ kind: 'reset', when: 'before-headers' }),
  ),
  define('f6', 'accepts the request and never answers', always({ kind: 'hang', when: 'before-headers' })),
  define(
    'f7',
    'sends headers at once, the first token after `seconds` (20)',
    (use) => ({ kind: 'answer', firstTokenMs: use.setting('seconds', 20) * 1000 }),
    ['seconds'],
  ),
  define(
    'f8',
    'closes the connection inside the body after `after` (40) tokens',
    (use) => ({ kind: 'truncate', clean: false, ...afterTokens(use, 40) }),
    ['after'],
  ),
  define('f8b', 'as f8, with a TCP reset', (use) => ({ kind: 'reset', when: afterTokens(use, 40) }), ['after']),
  define(
    'f8c',
    'as f8, ending the body properly, without finish reason and `[DONE]`',
    (use) => ({ kind: 'truncate', clean: true, ...afterTokens(use, 40) }),
    ['after'],
  ),
  define(
    'f9',
    'goes silent after `after` (20) tokens and holds the socket for `seconds` (30)',
    (use) => ({ kind: 'hang', when: afterTokens(use, 20), holdMs: use.setting('seconds', 30) * 1000 }),
    ['after', 'seconds'],
  ),
  define(
    'f10',
    'one malformed event after `after` (20) tokens, among good ones',
    (use) => ({ kind: 'malformed-event', at: use.setting('after', 20) }),
    ['after'],
  ),
  define('f11', 'everything but `[DONE]`, and ends properly', always({ kind: 'answer', done: false })),
  define('f12', '400 `context_length_exceeded` for ever', always(error(400, 'context_length_exceeded'))),
  define('f13', '400 `content_policy_violation` for ever', always(error(400, 'content_policy_violation'))),
  define(
    'f14a',
    'the first target of f14: as f8',
    (use) => ({ kind: 'truncate', clean: false, ...afterTokens(use, 40) }),
    ['after'],
  ),
  define(
    'f14b',
    'the fallback of f14: 400 to an assistant prefill, answers anything else',
    always({ kind: 'refuse-prefill' }),
  ),
  define(
    'f15',
    '503 for `seconds` (60) from its first use, then answers',
    (use) => (use.elapsedMs < use.setting('seconds', 60) * 1000 ? { kind: 'status', status: 503 } : answer),
    ['seconds'],
  ),
  define('f16', '503 for ever', always({ kind: 'status', status: 503 })),
  define('f17a', 'an error event right after the headers', always({ kind: 'error-event', afterTokens: 0 })),
  define(
    'f17b',
    'an error event after `after` (20) tokens',
    (use) => ({ kind: 'error-event', ...afterTokens(use, 20) }),
    ['after'],
  ),
  define(
    'f17c',
    'an error event after the role, before the first token',
    always({ kind: 'error-event', afterTokens: 0, role: true }),
  ),
  define(
    'f17d',
    'an error event after `after` (20) tokens, then `[DONE]`',
    (use) => ({ kind: 'error-event', done: true, ...afterTokens(use, 20) }),
    ['after'],
  ),
  define('f18a', '200 with a web page', always({ kind: 'html-200' })),
  define('f18b', '200 with an empty body', always({ kind: 'empty-200' })),
  define('f18c', 'JSON to a request for a stream', always({ kind: 'json-to-stream' })),
  define('f18d', 'gzip to a request that did not ask for it', always({ kind: 'gzip' })),
  define(
    'f18e',
    'a stream that ends properly after the headers',
    always({ kind: 'truncate', afterTokens: 0, clean: true }),
  ),
  define(
    'f19a',
    'an event of `bytes` (1,000,000) bytes',
    (use) => ({ kind: 'huge-event', bytes: use.setting('bytes', 1_000_000) }),
    ['bytes'],
  ),
  define('f19b', 'a comment before every event', always({ kind: 'answer', comments: true })),
  define('f19c', 'line ends CRLF', always({ kind: 'answer', newline: '\r\n' })),
  define('f19d', 'line ends CR', always({ kind: 'answer', newline: '\r' })),
  define('f19e', 'a byte order mark first', always({ kind: 'answer', bom: true })),
  define('f19f', 'every byte in its own chunk', always({ kind: 'answer', chunking: 'byte' })),
  define('f19g', 'everything in one chunk', always({ kind: 'answer', chunking: 'all' })),
  define(
    'f19h',
    'comments, CRLF, a byte order mark and odd chunk sizes together',
    always({ kind: 'answer', comments: true, newline: '\r\n', bom: true, chunking: [1, 2, 3, 5, 7, 11, 13] }),
  ),
  define(
    'f20a',
    'dribbles `rate` (1) bytes a second',
    (use) => ({ kind: 'dribble', bytesPerSecond: Math.max(0.001, use.setting('rate', 1)) }),
    ['rate'],
  ),
  define(
    'f20b',
    'floods `bytes` (100,000,000) bytes as fast as they are taken',
    (use) => ({ kind: 'flood', bytes: use.setting('bytes', 100_000_000) }),
    ['bytes'],
  ),
  define('f21a', 'for clients that leave: silence before headers', always({ kind: 'hang', when: 'before-headers' })),
  define('f21b', 'for clients that leave: silence after headers', always({ kind: 'hang', when: 'after-headers' })),
  define('f21c', 'for clients that leave: a token every 100 ms', (use) => ({
    kind: 'answer',
    gapMs: use.setting('gap', 100),
    tokens: use.setting('tokens', 600),
  })),
  define('f22a', 'closes a connection on its second request', always({ kind: 'close-on-reuse' })),
  define('f22b', 'closes the connection without a byte', always({ kind: 'raw', wire: true, bytes: '' })),
  define(
    'f22c',
    'answers bytes that are no HTTP',
    always({ kind: 'raw', wire: true, bytes: 'SSH-2.0-OpenSSH_9.6\r\n' }),
  ),
  define('f22d', 'resets the connection before headers, for ever', always({ kind: 'reset', when: 'before-headers' })),
  define('f23', '401 for ever', always({ kind: 'status', status: 401 })),
  define('f23b', '403 for ever', always({ kind: 'status', status: 403 })),
  define('f24', '402 for ever', always({ kind: 'status', status: 402 })),
  define('f24b', '429 `insufficient_quota` for ever', always(error(429, 'insufficient_quota', 'insufficient_quota'))),
  define('f24c', '403 for billing, for ever', always(error(403, 'billing_not_active', 'billing_not_active'))),
  define(
    'f25',
    '503 in the first `bad` (5) of every `period` (20) seconds, by the clock, so that all targets fail together',
    (use) => {
      const period = Math.max(0.001, use.setting('period', 20)) * 1000;
      return use.nowMs % period < use.setting('bad', 5) * 1000 ? { kind: 'status', status: 503 } : answer;
    },
    ['bad', 'period'],
  ),
];

const byName = new Map(scenarios.map((scenario) => [scenario.name, scenario]));
