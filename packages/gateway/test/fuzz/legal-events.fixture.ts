import fc from 'fast-check';
import type { Finish, FinishReason } from '../../src/canonical/chat-answer.ts';
import type { ChatEvent, PartHead } from '../../src/canonical/chat-event.ts';
import type { Citation, Signature } from '../../src/canonical/conversation.ts';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import type { Usage } from '../../src/canonical/usage.ts';

/** What a part says while it is open, before it becomes events. */
interface PartScript {
  readonly head: PartHead;
  readonly pieces: readonly string[];
  readonly citations: readonly Citation[];
  readonly signature: Signature | undefined;
}

interface ChoiceScript {
  readonly parts: readonly PartScript[];
  readonly finish: Finish;
  readonly hasLogprobs: boolean;
}

export const callId = fc.stringMatching(/^[a-zA-Z0-9_-]{1,24}$/);
export const toolName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_-]{0,15}$/);

/** Words as models write them, and some that break what is not careful: pairs, controls, JSON and framing within. */
export const words = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc.constantFrom(
    'Grüß 😀 dich',
    '"\\\n\r\u2028\u0000',
    'data: [DONE]\n\n',
    '{"a":1}',
    '</think>',
    '\u{1f468}\u200d\u{1f469}',
  ),
);

/** JSON text of a call's arguments. */
export const argumentText: fc.Arbitrary<string> = fc.oneof(
  fc
    .dictionary(
      fc.string({ minLength: 1, maxLength: 6 }).filter((key) => key !== '__proto__'),
      fc.oneof(
        fc.string({ maxLength: 8 }),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(fc.integer(), { maxLength: 3 }),
      ),
      { maxKeys: 4 },
    )
    .map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '{}',
    '{"id":12345678901234567890,"x":1.0,"e":1e400}',
    '{"nested":{"a":[{"b":"}"}]}}',
    '{ "spaced" : true }',
  ),
);

const signature = (origins: readonly ProtocolName[]): fc.Arbitrary<Signature> =>
  fc.record({ origin: fc.constantFrom(...origins), value: fc.base64String({ minLength: 4, maxLength: 16 }) });

const citation: fc.Arbitrary<Citation> = fc.record({
  url: fc.webUrl(),
  title: fc.string({ maxLength: 8 }),
  quote: fc.string({ maxLength: 8 }),
  start: fc.nat(4),
  end: fc.integer({ min: 4, max: 8 }),
  origin: fc.constantFrom(...protocolNames),
  // Another wire's own form of it means nothing here.
  raw: fc.constant(undefined),
});

/** Text in pieces, cut anywhere: between the halves of a pair too, as JSON allows. */
function pieces(text: fc.Arbitrary<string>): fc.Arbitrary<string[]> {
  return fc.tuple(text, fc.array(fc.nat(40), { maxLength: 4 })).map(([whole, places]) => {
    const cuts = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((left, right) => left - right);
    return [0, ...cuts].map((start, index) => whole.slice(start, cuts[index])).filter((piece) => piece !== '');
  });
}

function script(
  head: fc.Arbitrary<PartHead>,
  text: fc.Arbitrary<string>,
  more: Partial<Record<keyof PartScript, fc.Arbitrary<unknown>>> = {},
) {
  return fc.record({
    head,
    pieces: pieces(text),
    citations: fc.constant([]),
    signature: fc.constant(undefined),
    ...more,
  }) as fc.Arbitrary<PartScript>;
}

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const manyWords = fc.array(words, { maxLength: 3 }).map((list) => list.join(''));

function partScript(origins: readonly ProtocolName[]): fc.Arbitrary<PartScript> {
  const token = signature(origins);
  // Gemini signs what may be seen; it hides no thoughts.
  const hiding = signature(origins.filter((origin) => origin !== 'gemini'));
  return fc.oneof(
    {
      weight: 4,
      arbitrary: script(fc.constant({ type: 'text' }), manyWords, { citations: fc.array(citation, { maxLength: 2 }) }),
    },
    { weight: 1, arbitrary: script(fc.constant({ type: 'text' }), words, { signature: token }) },
    { weight: 1, arbitrary: script(fc.constant({ type: 'refusal' }), words) },
    { weight: 3, arbitrary: script(fc.constant({ type: 'reasoning' }), manyWords, { signature: maybe(token) }) },
    {
      weight: 1,
      arbitrary: script(fc.constant({ type: 'reasoning', isRedacted: true }), fc.constant(''), { signature: hiding }),
    },
    {
      weight: 4,
      arbitrary: script(
        fc.record({ type: fc.constant('tool-call'), id: callId, name: toolName, kind: fc.constant('function') }),
        argumentText,
        { signature: maybe(token) },
      ),
    },
    {
      weight: 1,
      arbitrary: script(
        fc.record({ type: fc.constant('tool-call'), id: callId, name: toolName, kind: fc.constant('custom') }),
        manyWords,
      ),
    },
    { weight: 1, arbitrary: script(wholeHead(origins), fc.constant('')) },
  );
}

function wholeHead(origins: readonly ProtocolName[]): fc.Arbitrary<PartHead> {
  return fc.oneof(
    fc
      .base64String({ minLength: 4, maxLength: 16 })
      .map((data): PartHead => ({ type: 'image', source: { kind: 'data', mediaType: 'image/png', data } })),
    fc.constant<PartHead>({
      type: 'image',
      source: { kind: 'url', url: 'https://example.com/a.png', mediaType: undefined },
    }),
    fc.constantFrom(...origins).map(
      (origin): PartHead => ({
        type: 'foreign',
        origin,
        value: { type: 'x', a: { b: 1 } },
        name: 'x',
        path: 'content[0]',
      }),
    ),
  );
}

export const finishReasons: readonly FinishReason[] = [
  'stop',
  'stop-sequence',
  'length',
  'tool-calls',
  'content-filter',
  'refusal',
  'paused',
  'other',
];

const finish: fc.Arbitrary<Finish> = fc.record(
  {
    reason: fc.constantFrom(...finishReasons),
    raw: fc.constantFrom(undefined, 'a-word-of-next-year'),
    stopSequence: fc.constant('END'),
  },
  { requiredKeys: ['reason', 'raw'] },
);

export const usage: fc.Arbitrary<Usage> = fc
  .record({ fresh: fc.nat(99), cached: fc.nat(9), written: fc.nat(9), answer: fc.nat(99), reasoning: fc.nat(9) })
  .map(({ fresh, cached, written, answer, reasoning }) => ({
    input: fresh + cached + written,
    output: answer + reasoning,
    ...(cached > 0 ? { cachedInput: cached } : {}),
    ...(written > 0 ? { cacheWriteInput: written } : {}),
    ...(reasoning > 0 ? { reasoning } : {}),
  }));

export interface LegalEventsOptions {
  /** Choices at most. */
  readonly choices: number;
  /** Wires whose signatures and own parts occur. */
  readonly origins: readonly ProtocolName[];
}

/** Whole answers as any decoder may tell them: every sequence keeps the promise of chat-event.ts and ends. */
export function legalEvents({ choices, origins }: LegalEventsOptions): fc.Arbitrary<readonly ChatEvent[]> {
  const choice = fc.record({
    parts: fc.array(partScript(origins), { maxLength: 5 }),
    finish,
    hasLogprobs: fc.boolean(),
  });
  return fc
    .record({
      start: fc.record({
        id: maybe(callId),
        model: maybe(toolName),
        created: maybe(fc.nat(2 ** 31)),
        serviceTier: maybe(fc.constantFrom('default', 'priority')),
      }),
      choices: fc.array(choice, { minLength: 1, maxLength: choices }),
      order: fc.array(fc.nat(), { maxLength: 60 }),
      between: fc.array(maybe(fc.oneof(usage, fc.constant('ping' as const))), { maxLength: 8 }),
      usage: maybe(usage),
    })
    .map(({ start, choices: scripts, order, between, usage: last }) => {
      const events: ChatEvent[] = [{ type: 'start', ...start }];
      const told = merged(scripts.map(choiceEvents), order);
      const asides = [...between];
      for (const event of numbered(told)) {
        events.push(event);
        const aside = asides.shift();
        if (aside) events.push(aside === 'ping' ? { type: 'ping' } : { type: 'usage', usage: aside });
      }
      if (last) events.push({ type: 'usage', usage: last });
      return [...events, { type: 'end' }];
    });
}

/** The events of one choice; its parts are numbered by their place in it. */
function choiceEvents({ parts, finish: end, hasLogprobs }: ChoiceScript, choice: number): ChatEvent[] {
  const events: ChatEvent[] = [];
  for (const [index, { head, pieces: texts, citations, signature: token }] of parts.entries()) {
    events.push({ type: 'part-start', index, choice, part: head });
    for (const text of texts) events.push({ type: 'delta', index, text });
    if (hasLogprobs && head.type === 'text') events.push({ type: 'logprobs', choice, logprobs: probabilities });
    for (const cited of citations) events.push({ type: 'citation', index, citation: cited });
    if (token) events.push({ type: 'signature', index, signature: token });
    events.push({ type: 'part-end', index });
  }
  events.push({ type: 'finish', choice, finish: end });
  return events;
}

const probabilities = { content: [{ token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [] }] };

/** Several sequences as one, each in its own order; tells whose each event is. */
function merged(sequences: readonly ChatEvent[][], order: readonly number[]): { event: ChatEvent; from: number }[] {
  const left = sequences.map((events) => [...events]);
  const result: { event: ChatEvent; from: number }[] = [];
  const picks = [...order];
  for (let live = left.flatMap((events, from) => (events.length > 0 ? [from] : [])); live.length > 0; ) {
    const from = live[(picks.shift() ?? 0) % live.length]!;
    result.push({ event: left[from]!.shift()!, from });
    live = live.filter((index) => left[index]!.length > 0);
  }
  return result;
}

/** Numbers parts over all choices, in the order in which they begin. */
function numbered(told: readonly { event: ChatEvent; from: number }[]): ChatEvent[] {
  const numbers = new Map<string, number>();
  return told.map(({ event, from }) => {
    if (!('index' in event)) return event;
    const key = `${from}:${event.index}`;
    const index = numbers.get(key) ?? numbers.size;
    numbers.set(key, index);
    return { ...event, index };
  });
}
