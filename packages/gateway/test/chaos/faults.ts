import type { Behaviour, PrefillManner } from '@llm-gateway/simulator';
import type { Dice } from './dice.ts';

/** What an answer is without its fault. */
export interface Plain {
  readonly tokens: number;
  readonly differs?: number;
  readonly prefill?: PrefillManner;
}

interface Fault {
  /** How often it is chosen, compared with the others. */
  readonly weight: number;
  play(dice: Dice, plain: Plain): Behaviour;
}

/** Longer than most answers here, shorter than some: a fault at a byte may miss. */
const longestAnswer = 9_000;
const anywhere = (dice: Dice) => ({ afterBytes: dice.between(0, longestAnswer) });
const afterSome = (dice: Dice, { tokens }: Plain) => ({ afterTokens: dice.between(0, tokens) });
const noise = (dice: Dice, bytes: number): string =>
  Buffer.from(Array.from({ length: bytes }, () => dice.between(0, 255))).toString('base64');
const status = (code: number, headers: Record<string, string> = {}): Behaviour => ({
  kind: 'status',
  status: code,
  headers,
});

/** Whatever a provider may do instead of answering well. */
export const faults: Readonly<Record<string, Fault>> = {
  'late head': { weight: 2, play: (dice, plain) => ({ kind: 'answer', ...plain, firstTokenMs: dice.between(1, 60) }) },
  slow: { weight: 1, play: (dice, plain) => ({ kind: 'answer', ...plain, gapMs: dice.between(1, 3) }) },
  'reset before the head': { weight: 2, play: () => ({ kind: 'reset', when: 'before-headers' }) },
  'reset after the head': { weight: 1, play: (_, plain) => ({ kind: 'reset', when: 'after-headers', ...plain }) },
  'reset at any byte': { weight: 6, play: (dice, plain) => ({ kind: 'reset', when: anywhere(dice), ...plain }) },
  'asked to wait': { weight: 1, play: (dice) => status(429, { 'retry-after': String(dice.pick([0, 1, 1, 30])) }) },
  'asked to wait some milliseconds': {
    weight: 1,
    play: (dice) => status(429, { 'retry-after-ms': String(dice.between(1, 40)) }),
  },
  'limited without a hint': { weight: 2, play: () => status(429) },
  failed: { weight: 2, play: () => status(500) },
  'failed in HTML': {
    weight: 1,
    play: () => ({
      kind: 'status',
      status: 502,
      body: '<html>Bad gateway</html>',
      headers: { 'content-type': 'text/html' },
    }),
  },
  overloaded: { weight: 2, play: (dice) => status(dice.pick([503, 529])) },
  'window too small': {
    weight: 1,
    play: () => ({ kind: 'status', status: 400, error: { code: 'context_length_exceeded' } }),
  },
  'silent before the head': { weight: 1, play: () => ({ kind: 'hang', when: 'before-headers' }) },
  'silent after the head': { weight: 1, play: (_, plain) => ({ kind: 'hang', when: 'after-headers', ...plain }) },
  'silent at any byte': { weight: 2, play: (dice, plain) => ({ kind: 'hang', when: anywhere(dice), ...plain }) },
  'no HTTP': { weight: 1, play: (dice) => ({ kind: 'raw', wire: true, base64: noise(dice, dice.between(0, 300)) }) },
  'half a head': { weight: 1, play: () => ({ kind: 'raw', wire: true, bytes: 'HTTP/1.1 200 OK\r\ncontent-ty' }) },
  noise: { weight: 2, play: (dice) => ({ kind: 'raw', base64: noise(dice, dice.between(1, 2_000)) }) },
  'noise in a stream': {
    weight: 1,
    play: (dice) => ({
      kind: 'raw',
      base64: noise(dice, dice.between(1, 2_000)),
      headers: { 'content-type': dice.pick(['text/event-stream', 'application/vnd.amazon.eventstream']) },
    }),
  },
  'an event that cannot be read': {
    weight: 2,
    play: (dice, plain) => ({
      kind: 'malformed-event',
      at: dice.between(0, plain.tokens),
      corrupt: dice.happens(0.3),
      ...plain,
    }),
  },
  flood: { weight: 1, play: (dice) => ({ kind: 'flood', bytes: dice.between(50_000, 200_000) }) },
  'cut off': {
    weight: 5,
    play: (dice, plain) => ({ kind: 'truncate', ...afterSome(dice, plain), clean: false, ...plain }),
  },
  'ended in the middle': {
    weight: 4,
    play: (dice, plain) => ({ kind: 'truncate', ...afterSome(dice, plain), clean: true, ...plain }),
  },
  'error in the stream': {
    weight: 4,
    play: (dice, plain) => ({
      kind: 'error-event',
      ...afterSome(dice, plain),
      role: dice.happens(0.5),
      done: dice.happens(0.3),
      ...plain,
    }),
  },
  empty: { weight: 1, play: () => ({ kind: 'empty-200' }) },
  'a web page': { weight: 1, play: () => ({ kind: 'html-200' }) },
  'JSON to a stream': { weight: 1, play: (_, plain) => ({ kind: 'json-to-stream', ...plain }) },
  compressed: { weight: 1, play: (_, plain) => ({ kind: 'gzip', ...plain }) },
  'closed on reuse': { weight: 2, play: (_, plain) => ({ kind: 'close-on-reuse', ...plain }) },
  dribble: {
    weight: 1,
    play: (dice, plain) => ({ kind: 'dribble', bytesPerSecond: dice.between(2_000, 40_000), ...plain }),
  },
  'odd framing': {
    weight: 2,
    play: (dice, plain) => ({
      kind: 'answer',
      comments: dice.happens(0.5),
      bom: dice.happens(0.3),
      newline: dice.pick(['\n', '\r\n', '\r']),
      chunking: dice.pick(['event', 'all', [1, 7, 113], [1_000]] as const),
      done: dice.happens(0.8),
      ...plain,
    }),
  },
};

const wheel = Object.keys(faults).flatMap((name) => Array<string>(faults[name]!.weight).fill(name));

/** One of them, by chance. */
export function chooseFault(dice: Dice, plain: Plain): { readonly name: string; readonly behaviour: Behaviour } {
  const name = dice.pick(wheel);
  return { name, behaviour: faults[name]!.play(dice, plain) };
}
