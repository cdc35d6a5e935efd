import fc from 'fast-check';
import type {
  ChatRequest,
  MediaPart,
  Part,
  TextPart,
  Tool,
  ToolChoice,
  Turn,
} from '../../src/canonical/conversation.ts';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { argumentText, callId, toolName, words } from './legal-events.fixture.ts';

/** Options that only some wires have: each is there in one request of four. */
const rare = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 3, nil: undefined });
const often = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 1, nil: undefined });

const data = fc.base64String({ minLength: 4, maxLength: 12 });
const phrase = fc.array(words, { minLength: 1, maxLength: 2 }).map((list) => `a${list.join(' ')}z`);
const text: fc.Arbitrary<TextPart> = phrase.map((value) => ({ type: 'text', text: value }));
const image: fc.Arbitrary<MediaPart> = fc.oneof(
  data.map((bytes): MediaPart => ({ type: 'image', source: { kind: 'data', mediaType: 'image/png', data: bytes } })),
  fc.constant<MediaPart>({
    type: 'image',
    source: { kind: 'url', url: 'https://example.com/a.png', mediaType: undefined },
    path: 'messages[0].content[1]',
  }),
);
const otherMedia: fc.Arbitrary<MediaPart> = fc.oneof(
  data.map(
    (bytes): MediaPart => ({
      type: 'document',
      source: { kind: 'data', mediaType: 'application/pdf', data: bytes },
      name: 'a.pdf',
    }),
  ),
  phrase.map(
    (value): MediaPart => ({ type: 'document', source: { kind: 'text', mediaType: 'text/plain', text: value } }),
  ),
  data.map((bytes): MediaPart => ({ type: 'audio', source: { kind: 'data', mediaType: 'audio/wav', data: bytes } })),
  data.map((bytes): MediaPart => ({ type: 'video', source: { kind: 'data', mediaType: 'video/mp4', data: bytes } })),
);

/** One call of a tool and what came of it. */
interface Exchange {
  readonly call: Extract<Part, { type: 'tool-call' }>;
  readonly result: Extract<Part, { type: 'tool-result' }>;
}

function exchange(withMedia: fc.Arbitrary<MediaPart[]>): fc.Arbitrary<Exchange> {
  return fc
    .record({ id: callId, name: toolName, input: argumentText, answer: text, media: withMedia, isError: fc.boolean() })
    .map(({ id, name, input, answer, media, isError }) => ({
      call: { type: 'tool-call', id, name, arguments: input, kind: 'function' },
      result: { type: 'tool-result', callId: id, name, content: [answer, ...media], isError, kind: 'function' },
    }));
}

/** The user says something, the model answers, perhaps by calls, whose results come at once. */
function round(ask: fc.Arbitrary<Part[]>, exchanges: fc.Arbitrary<Exchange[]>): fc.Arbitrary<Turn[]> {
  return fc
    .record({ ask, said: often(text), thought: rare(phrase), exchanges })
    .map(({ ask: asked, said, thought, exchanges: made }) => {
      const parts: Part[] = [];
      if (thought !== undefined) parts.push({ type: 'reasoning', text: thought });
      if (said || made.length === 0) parts.push(said ?? { type: 'text', text: 'Yes.' });
      const turns: Turn[] = [
        { role: 'user', parts: asked },
        { role: 'assistant', parts: [...parts, ...made.map(({ call }) => call)] },
      ];
      if (made.length > 0) turns.push({ role: 'user', parts: made.map(({ result }) => result) });
      return turns;
    });
}

const schema = fc.record({
  type: fc.constant('object'),
  properties: fc.dictionary(
    toolName,
    fc.constantFrom({ type: 'string' }, { type: 'integer', minimum: 1 }, { type: 'array', items: { type: 'string' } }),
    { maxKeys: 3 },
  ),
});

function toolsFor(names: readonly string[]): fc.Arbitrary<readonly Tool[]> {
  const described = fc.record({ description: often(phrase), schema, strict: rare(fc.boolean()) });
  return fc.tuple(...names.map((name) => described.map((tool): Tool => ({ type: 'function', name, ...tool }))));
}

function choiceAmong(names: readonly string[]): fc.Arbitrary<ToolChoice | undefined> {
  if (names.length === 0) return fc.constant(undefined);
  return rare(
    fc.oneof(
      fc.constantFrom<ToolChoice>({ type: 'auto' }, { type: 'none' }, { type: 'required' }),
      fc.constantFrom(...names).map((name): ToolChoice => ({ type: 'tool', name })),
      fc
        .subarray([...names], { minLength: 1 })
        .map((some): ToolChoice => ({ type: 'allowed', mode: 'required', names: some })),
    ),
  );
}

const options = fc.record({
  stream: fc.boolean(),
  parallelToolCalls: rare(fc.boolean()),
  maxOutputTokens: often(fc.integer({ min: 1, max: 8192 })),
  temperature: often(fc.constantFrom(0, 0.5, 1)),
  topP: rare(fc.constantFrom(0.1, 0.9)),
  topK: rare(fc.integer({ min: 1, max: 99 })),
  frequencyPenalty: rare(fc.constantFrom(-0.5, 0.5)),
  presencePenalty: rare(fc.constantFrom(-0.5, 0.5)),
  stopSequences: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.constant(['END', '\n\n']) },
  ),
  seed: rare(fc.nat(99)),
  reasoning: rare(
    fc.record({
      mode: fc.constantFrom('on' as const, 'off' as const, 'adaptive' as const, undefined),
      effort: fc.constantFrom(undefined, 'none', 'low', 'high', 'a-word-of-next-year'),
      budgetTokens: fc.constantFrom(undefined, 1024, 5000),
      summary: fc.constantFrom(undefined, 'auto', 'none'),
    }),
  ),
  outputFormat: rare(
    fc.oneof(
      fc.constantFrom({ type: 'text' as const }, { type: 'json' as const }),
      schema.map((value) => ({
        type: 'json-schema' as const,
        name: 'out',
        description: undefined,
        schema: value,
        strict: true,
      })),
    ),
  ),
  user: rare(callId),
  metadata: rare(fc.constant({ a: 'b' })),
  serviceTier: rare(fc.constantFrom('auto', 'default', 'priority')),
});

/** What no wire but its own has; with any of it most upstreams refuse the request. */
const exotic = fc.record({
  choices: rare(fc.constant(2)),
  logprobs: rare(fc.constant({ top: 2 })),
  logitBias: rare(fc.constant({ '1': -100 })),
  verbosity: rare(fc.constant('low')),
  modalities: rare(fc.constant(['text', 'audio'])),
  audioOutput: rare(fc.constant({ voice: 'x', format: 'wav' })),
  previousResponseId: rare(fc.constant('resp_1')),
  prediction: rare(fc.constant({ type: 'content', content: 'x' })),
  safetySettings: rare(fc.constant([{ category: 'x', threshold: 'y' }])),
  store: rare(fc.boolean()),
  promptCacheKey: rare(callId),
});

const plain = {
  choices: undefined,
  logprobs: undefined,
  logitBias: undefined,
  verbosity: undefined,
  modalities: undefined,
  audioOutput: undefined,
  previousResponseId: undefined,
  prediction: undefined,
  safetySettings: undefined,
  store: undefined,
  promptCacheKey: undefined,
};

export interface LegalRequestsOptions {
  readonly origin: ProtocolName;
  /** `everything`: with what only few wires can say. */
  readonly kind: 'usual' | 'everything';
}

/**
 * Conversations as decoders of any wire may make them. The usual ones begin with the user, and every call has its
 * result; with `everything` turns may be missing or out of place too.
 */
export function legalRequests({ origin, kind }: LegalRequestsOptions): fc.Arbitrary<ChatRequest> {
  const media = kind === 'usual' ? image : fc.oneof(image, otherMedia);
  const ask = fc
    .tuple(text, fc.array(fc.oneof(text, media), { maxLength: 2 }))
    .map(([first, more]): Part[] => [first, ...more]);
  const resultMedia = fc.oneof(
    { weight: 4, arbitrary: fc.constant<MediaPart[]>([]) },
    { weight: 1, arbitrary: media.map((one) => [one]) },
  );
  const rounds = fc.array(round(ask, fc.array(exchange(resultMedia), { maxLength: 3 })), { maxLength: 3 });
  return fc
    .record({
      system: fc.array(fc.tuple(fc.constantFrom('system' as const, 'developer' as const), text), { maxLength: 2 }),
      rounds,
      last: ask,
      extraTools: fc.array(toolName, { maxLength: 2 }),
      options,
      exotic: kind === 'usual' ? fc.constant(plain) : exotic,
      moves: kind === 'usual' ? fc.constant<Move[]>([]) : fc.array(move, { maxLength: 2 }),
      odd: kind === 'usual' ? fc.constant<Part[]>([]) : fc.array(oddPart, { maxLength: 1 }),
    })
    .chain(({ system, rounds: made, last, extraTools, odd, moves, ...rest }) => {
      const turns: Turn[] = [
        ...system.map(([role, part]): Turn => ({ role, parts: [part] })),
        ...made.flat(),
        { role: 'user', parts: [...last, ...odd] },
      ];
      const names = [...new Set([...namesCalled(turns), ...extraTools])];
      return fc.record({ tools: toolsFor(names), toolChoice: choiceAmong(names) }).map((tooling) => ({
        origin,
        turns: moves.reduce<readonly Turn[]>(moved, apart(turns)),
        unknownMembers: [],
        ...rest.options,
        ...rest.exotic,
        ...tooling,
      }));
    });
}

const oddPart: fc.Arbitrary<Part> = fc.oneof(
  fc
    .constantFrom(...protocolNames)
    .map(
      (origin): Part => ({ type: 'foreign', origin, value: { type: 'x' }, name: 'x', path: 'messages[0].content[0]' }),
    ),
  fc
    .constantFrom(...protocolNames)
    .map((origin): Part => ({ type: 'image', source: { kind: 'file', id: 'file-1', origin } })),
  fc.constant<Part>({ type: 'text', text: '' }),
  fc.constant<Part>({ type: 'text', text: ' \n', cache: { ttl: '5m' } }),
);

function namesCalled(turns: readonly Turn[]): string[] {
  return turns.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool-call' ? [part.name] : [])));
}

/** Turns in another order, or without one: calls without results, results without calls, system text anywhere. */
function moved(turns: readonly Turn[], { from, to, isLost }: Move): readonly Turn[] {
  const [turn] = turns.slice(from % turns.length);
  const rest = turns.filter((other) => other !== turn);
  if (!turn || rest.length === 0) return turns;
  return isLost ? rest : rest.toSpliced(to % (rest.length + 1), 0, turn);
}

interface Move {
  readonly from: number;
  readonly to: number;
  readonly isLost: boolean;
}

const move: fc.Arbitrary<Move> = fc.record({ from: fc.nat(99), to: fc.nat(99), isLost: fc.boolean() });

/** Ids of calls are unique in a conversation; results keep to the calls that they answer. */
function apart(turns: readonly Turn[]): Turn[] {
  let made = 0;
  const waiting: string[] = [];
  return turns.map((turn) => ({ ...turn, parts: turn.parts.map((part) => numbered(part)) }));

  function numbered(part: Part): Part {
    if (part.type === 'tool-call') {
      const id = `${part.id}_${made++}`;
      waiting.push(id);
      return { ...part, id };
    }
    return part.type === 'tool-result' ? { ...part, callId: waiting.shift() ?? part.callId } : part;
  }
}
