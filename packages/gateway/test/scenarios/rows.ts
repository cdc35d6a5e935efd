import { hugeEventText } from '@llm-gateway/simulator';
import { changing, foreignClient, type Lane, relayed } from './lanes.ts';
import type { Cast } from './stage.ts';

/** A number of attempts, or the least and the most. */
export type Count = number | readonly [least: number, most: number];

/** What a caller gets, and what it costs. */
export interface Expected {
  /** `kept`: whole where a stream that broke is repaired, else its beginning and an honest error. */
  readonly outcome: 'whole' | 'kept' | 'refused';
  /** Attempts at the first target and the second. */
  readonly tries: readonly [Count, Count];
  /** How the attempts before the last ended, in the words of the trail. */
  readonly failures?: RegExp;
  /** Kind of failure that the log tells of. */
  readonly failure?: RegExp;
  /** Status and message of a refusal. */
  readonly status?: number;
  readonly message?: RegExp;
  readonly withinMs?: number;
}

/** One failure of the first target, and what must come of it. */
export interface Row extends Cast {
  readonly id: string;
  readonly does: string;
  /** By mode; a failure of streams only has no other. */
  readonly stream?: Expected;
  readonly unary?: Expected;
  /** The whole answer, where it is not the usual one. */
  readonly text?: string;
  /** Where it can happen; everywhere when not given. */
  readonly lanes?: readonly Lane[];
}

const whole = (tries: Expected['tries'], more: Partial<Expected> = {}): Expected => {
  return { outcome: 'whole', tries, ...more };
};
const both = (expected: Expected): Pick<Row, 'stream' | 'unary'> => ({ stream: expected, unary: expected });
/** A stream that breaks after its first tokens; a whole answer that breaks is asked for again. */
const brokenLate = (failures: RegExp): Pick<Row, 'stream' | 'unary'> => ({
  stream: {
    outcome: 'kept',
    tries: [
      [1, 3],
      [0, 2],
    ],
  },
  unary: whole([2, 1], { failures }),
});
const refused = (status: number, tries: Expected['tries'], message = /^No target could answer: ./): Expected => {
  return { outcome: 'refused', status, tries, message };
};
const noAnswer: Expected = { ...refused(502, [3, 0]), failure: /^(malformed|truncated)$/ };
const alone = { second: null } as const;
/** The first target speaks the wire that the fault is one of. */
const overChat = { lanes: [relayed, changing, foreignClient] } as const;
const reason = /Your request was rejected by our safety system|Output blocked by content filtering policy/;
const tooLong = /maximum context length|prompt is too long/;
const ownKey = { outcome: 'whole', tries: [1, 1] } as const;

/** With the usual limits, which are longer than anything here takes. */
export const rows: readonly Row[] = [
  // The caller is answered long before the two seconds are over, and the target is left in peace for them.
  {
    id: 'F1',
    does: 'asks to wait once',
    first: 'f1',
    ...both(whole([1, 1], { failures: /rate_limited 429/, withinMs: 1_500 })),
  },
  {
    id: 'F2',
    does: 'limits the rate for ever',
    first: 'f2',
    ...both(whole([[1, 4], 1], { failures: /rate_limited 429/, withinMs: 3_000 })),
  },
  { id: 'F2 alone', does: 'limits the rate for ever', first: 'f2', ...alone, ...both(refused(429, [[1, 4], 0])) },
  { id: 'F3', does: 'fails once', first: 'f3', ...both(whole([2, 0], { failures: /transient 500/ })) },
  {
    id: 'F4',
    does: 'is overloaded for ever',
    first: 'f4',
    ...both(whole([[1, 2], 1], { failures: /overloaded 503/ })),
  },
  { id: 'F4 alone', does: 'is overloaded for ever', first: 'f4', ...alone, ...both(refused(503, [[1, 3], 0])) },
  {
    id: 'F5',
    does: 'resets the connection once',
    first: 'f5',
    // On a kept connection it is one that died, and goes without a trace.
    ...both(whole([[1, 2], 0])),
  },
  { id: 'F8', does: 'closes the connection inside its answer', first: 'f8', ...brokenLate(/truncated 200/) },
  { id: 'F8b', does: 'resets the connection inside its answer', first: 'f8b', ...brokenLate(/truncated 200/) },
  { id: 'F8c', does: 'ends its answer in the middle', first: 'f8c', ...brokenLate(/truncated|malformed/) },
  { id: 'F8 early', does: 'closes the connection before its first token', first: 'f8?after=0', ...both(whole([2, 1])) },
  { id: 'F10', does: 'sends an event that is no JSON', first: 'f10', ...brokenLate(/truncated|malformed/) },
  {
    id: 'F11',
    does: 'leaves out what ends a stream',
    first: 'f11',
    stream: whole([1, 0], { withinMs: 1_500 }),
  },
  {
    id: 'F12',
    does: 'has too small a window',
    first: 'f12',
    ...both(whole([1, 1], { failures: /context_exceeded 400/ })),
  },
  { id: 'F12 alone', does: 'has too small a window', first: 'f12', ...alone, ...both(refused(400, [1, 0], tooLong)) },
  { id: 'F13', does: 'refuses the content', first: 'f13', ...both(refused(400, [1, 0], reason)) },
  {
    id: 'F14',
    does: 'breaks off before one that takes no prefill',
    first: 'f14a',
    second: 'f14b',
    ...brokenLate(/truncated/),
  },
  { id: 'F16', does: 'is overloaded for ever', first: 'f16', ...both(whole([[1, 2], 1])) },
  { id: 'F17a', does: 'tells an error at once', first: 'f17a', ...both(whole([2, 1])) },
  {
    id: 'F17b',
    does: 'tells an error after some tokens',
    first: 'f17b',
    stream: {
      outcome: 'kept',
      tries: [
        [1, 3],
        [0, 2],
      ],
    },
  },
  { id: 'F17c', does: 'tells an error after the role', first: 'f17c', stream: whole([2, 1]) },
  {
    id: 'F17d',
    does: 'tells an error, then an end',
    first: 'f17d',
    stream: {
      outcome: 'kept',
      tries: [
        [1, 3],
        [0, 2],
      ],
    },
  },
  {
    id: 'F18a',
    does: 'answers a web page',
    first: 'f18a',
    ...both(whole([2, 1], { failures: /malformed|truncated/ })),
  },
  { id: 'F18b', does: 'answers nothing', first: 'f18b', ...both(whole([2, 1], { failures: /malformed|truncated/ })) },
  {
    id: 'F18c',
    does: 'answers JSON to who wants a stream',
    first: 'f18c',
    stream: whole([2, 1], { failures: /malformed/ }),
  },
  { id: 'F18d', does: 'compresses unasked', first: 'f18d', ...both(whole([2, 1], { failures: /malformed/ })) },
  { id: 'F18e', does: 'ends its stream after the head', first: 'f18e', ...both(whole([2, 1])) },
  ...(['f18a', 'f18b', 'f18d', 'f18e'] as const).map((first) => {
    return { id: `F${first.slice(1)} alone`, does: 'answers no answer', first, ...alone, ...both(noAnswer) };
  }),
  { id: 'F18c alone', does: 'answers JSON to who wants a stream', first: 'f18c', ...alone, stream: noAnswer },
  {
    id: 'F19a',
    does: 'sends an event of a megabyte',
    first: 'f19a',
    text: hugeEventText(1_000_000),
    ...both(whole([1, 0])),
  },
  ...oddFraming(),
  { id: 'F22b', does: 'closes the connection without a byte', first: 'f22b', ...both(whole([2, 1])) },
  { id: 'F22c', does: 'speaks no HTTP', first: 'f22c', ...both(whole([2, 1])) },
  { id: 'F22d', does: 'resets every connection', first: 'f22d', ...both(whole([2, 1])) },
  { id: 'F23', does: 'refuses the key', first: 'f23', ...both({ ...ownKey, failures: /credential_refused 401/ }) },
  { id: 'F23 alone', does: 'refuses the key', first: 'f23', ...alone, ...both(refused(502, [1, 0])) },
  { id: 'F23b', does: 'forbids the model', first: 'f23b', ...both({ ...ownKey, failures: / 403/ }) },
  { id: 'F24', does: 'wants to be paid', first: 'f24', ...both({ ...ownKey, failures: /quota_exhausted 402/ }) },
  {
    id: 'F24b',
    does: 'has no quota left',
    first: 'f24b',
    ...both({ ...ownKey, failures: /quota_exhausted 429/ }),
    ...overChat,
  },
  { id: 'F24c', does: 'has no billing', first: 'f24c', ...both({ ...ownKey, failures: /quota_exhausted 403/ }) },
  { id: 'F24 alone', does: 'wants to be paid', first: 'f24', ...alone, ...both(refused(503, [1, 0])) },
];

/** With limits at a thirtieth of the usual ones. */
export const silentRows: readonly Row[] = [
  {
    id: 'F6',
    does: 'never answers',
    first: 'f6',
    ...both(whole([1, 1], { failures: /headers_timeout/, withinMs: 3_000 })),
  },
  {
    id: 'F6 alone',
    does: 'never answers',
    first: 'f6',
    ...alone,
    ...both(refused(504, [1, 0])),
  },
  {
    id: 'F7',
    does: 'begins, and has its first token late',
    first: 'f7?seconds=3',
    stream: whole([1, 1], { failures: /first_token_timeout 200/, withinMs: 2_500 }),
    // A whole answer has no first token: it is as late as its head.
    unary: whole([1, 1], { failures: /headers_timeout/, withinMs: 2_500 }),
  },
  {
    id: 'F9',
    does: 'falls silent after some tokens',
    first: 'f9?seconds=20',
    stream: { outcome: 'kept', tries: [1, [0, 2]], withinMs: 4_000 },
    unary: whole([1, 1], { failures: /idle_timeout 200/, withinMs: 3_000 }),
  },
  {
    id: 'F20a',
    does: 'dribbles',
    first: 'f20a?rate=40',
    // Nothing of a whole answer tells a slow one from one that never ends, but its target's limit of the whole.
    firstTarget: { timeout_seconds: 0.6 },
    ...both(whole([1, 1], { withinMs: 3_000 })),
  },
];

function oddFraming(): Row[] {
  const ways: Readonly<Record<string, string>> = {
    f19b: 'puts comments between events',
    f19c: 'ends lines with CRLF',
    f19d: 'ends lines with CR',
    f19e: 'begins with a byte order mark',
    f19f: 'sends every byte in its own chunk',
    f19g: 'sends all in one chunk',
    f19h: 'does all of it in odd chunks',
  };
  return Object.entries(ways).map(([first, does]) => ({ id: first.toUpperCase(), does, first, stream: whole([1, 0]) }));
}
