import type { Finish } from '../../canonical/chat-answer.ts';
import type { ChatEvent, PartStartEvent } from '../../canonical/chat-event.ts';
import type { Citation } from '../../canonical/conversation.ts';
import type { Usage } from '../../canonical/usage.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { callInput } from '../argument-text.ts';
import type { AnswerContext, StreamEncoder, StreamFrame } from '../protocol.ts';
import { encodeCitation } from './citations.ts';
import { encodeFinish } from './finish-reason.ts';
import { encodeLogprobs } from './logprobs.ts';
import { readSentItems, type SentItem } from './sent-items.ts';
import { TextPlaces } from './text-places.ts';
import { encodeUsage } from './usage.ts';

const NOTHING = Buffer.alloc(0);
const DONE = 'data: [DONE]\n\n';

export function createStreamEncoder(context: AnswerContext): StreamEncoder {
  return new CohereStreamEncoder(context);
}

type CallHead = Extract<PartStartEvent['part'], { type: 'tool-call' }>;

/** Text that can be cited. */
interface CitedText {
  text: string;
  readonly places: TextPlaces;
  /** How much of the text its places know. */
  counted: number;
}

/** The part that is being written. */
interface OpenPart {
  readonly index: number;
  /** What stands before and behind the text of a delta. */
  readonly head: string;
  readonly tail: string;
  readonly end: string;
  readonly contentIndex: number | undefined;
  readonly cited: CitedText | undefined;
  /** Free text of a call so far: it becomes an argument, which has to be whole. */
  freeText: string | undefined;
}

/**
 * Writes a streamed answer as Cohere's clients read it: one choice. Text that precedes tool calls is content and not
 * their plan, because whether calls follow is not known when it begins.
 */
class CohereStreamEncoder implements StreamEncoder {
  readonly #context: AnswerContext;
  #open: OpenPart | undefined;
  /** A thought that has begun and said nothing yet: it begins on the wire with its first word, if it has one. */
  #silentThought: number | undefined;
  /** A content that begins without words, as another began it: the next part of its kind is the one. */
  #announced: SentItem | undefined;
  #contents = 0;
  #calls = 0;
  #citations = 0;
  #finish: Finish = { reason: 'other', raw: undefined };
  #usage: Usage | undefined;
  #hasRefusal = false;
  #hasToldFinish = false;

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  push(event: ChatEvent): Buffer {
    switch (event.type) {
      case 'delta':
        return this.#delta(event.index, event.text);
      case 'start':
        return frame('message-start', {
          id: event.id ?? this.#context.id,
          type: 'message-start',
          delta: EMPTY_MESSAGE,
        });
      case 'part-start':
        return event.choice === 0 ? this.#begin(event) : NOTHING;
      case 'part-end':
        return this.#end(event.index);
      case 'citation':
        return this.#cite(event.index, event.citation);
      case 'logprobs':
        return event.choice === 0 ? this.#logprobs(event.logprobs) : NOTHING;
      case 'finish':
        if (event.choice === 0) this.#finish = event.finish;
        return NOTHING;
      case 'usage':
        this.#usage = event.usage;
        return NOTHING;
      case 'end':
        return this.#endMessage();
      default:
        return NOTHING;
    }
  }

  resume(frames: readonly StreamFrame[]): readonly ChatEvent[] | undefined {
    const { contents, calls, citations, open, hasFinish } = readSentItems(frames);
    this.#contents = contents;
    this.#calls = calls;
    this.#citations = citations;
    this.#hasToldFinish = hasFinish;
    const part = this.#open;
    if (open?.hasText) {
      if (!part) return undefined;
      this.#open = { ...openItem(part.index, open), cited: open.kind === 'plan' ? undefined : part.cited };
      return [];
    }
    this.#announced = open;
    this.#open = undefined;
    // A text whose end was told may be held open for its citations.
    return part ? [{ type: 'part-end', index: part.index }] : [];
  }

  #delta(index: number, text: string): Buffer {
    if (index === this.#silentThought) {
      this.#silentThought = undefined;
      return Buffer.concat([this.#beginContent(index, 'thinking'), this.#delta(index, text)]);
    }
    const open = this.#open;
    if (open === undefined || open.index !== index) return NOTHING;
    if (open.freeText !== undefined) {
      open.freeText += text;
      return NOTHING;
    }
    if (open.cited) open.cited.text += text;
    return Buffer.from(open.head + JSON.stringify(text) + open.tail);
  }

  #begin({ index, part }: PartStartEvent): Buffer {
    switch (part.type) {
      case 'refusal':
        this.#hasRefusal = true;
        return this.#beginContent(index, 'text');
      case 'text':
        return this.#beginContent(index, 'text');
      case 'reasoning':
        // Its signature has no place here, and a thought that is hidden has nothing else.
        this.#silentThought = index;
        return NOTHING;
      case 'tool-call':
        return this.#beginCall(index, part);
      default:
        return NOTHING;
    }
  }

  #beginContent(index: number, kind: 'text' | 'thinking'): Buffer {
    const announced = this.#announced;
    if (announced?.kind === kind) {
      this.#announced = undefined;
      this.#open = openItem(index, announced);
      return NOTHING;
    }
    const at = this.#contents++;
    this.#open = openItem(index, { kind, at });
    const content = { type: kind, [kind]: '' };
    const start = frame('content-start', { type: 'content-start', index: at, delta: { message: { content } } });
    return this.#afterAnnounced(start);
  }

  #beginCall(index: number, { id, name, kind }: CallHead): Buffer {
    const at = this.#calls++;
    const open = openItem(index, { kind: 'tool-call', at });
    this.#open = kind === 'custom' ? { ...open, freeText: '' } : open;
    const call = { id, type: 'function', function: { name, arguments: '' } };
    const start = { type: 'tool-call-start', index: at, delta: { message: { tool_calls: call } } };
    return this.#afterAnnounced(frame('tool-call-start', start));
  }

  /** Ends what was announced and never came, before something else. */
  #afterAnnounced(next: Buffer): Buffer {
    const announced = this.#announced;
    if (!announced) return next;
    this.#announced = undefined;
    return Buffer.concat([Buffer.from(openItem(-1, announced).end), next]);
  }

  #end(index: number): Buffer {
    if (index === this.#silentThought) this.#silentThought = undefined;
    const open = this.#open;
    if (open?.index !== index) return NOTHING;
    this.#open = undefined;
    const { freeText, head, tail, end } = open;
    if (freeText === undefined) return Buffer.from(end);
    const input = JSON.stringify(callInput({ kind: 'custom', arguments: freeText }));
    return Buffer.from(head + JSON.stringify(input) + tail + end);
  }

  #cite(index: number, citation: Citation): Buffer {
    const open = this.#open;
    if (open?.index !== index || !open.cited) return NOTHING;
    const { cited, contentIndex } = open;
    cited.places.add(cited.text.slice(cited.counted));
    cited.counted = cited.text.length;
    const at = this.#citations++;
    const citations = encodeCitation(citation, { text: cited.text, places: cited.places, contentIndex });
    return Buffer.concat([
      frame('citation-start', { type: 'citation-start', index: at, delta: { message: { citations } } }),
      frame('citation-end', { type: 'citation-end', index: at }),
    ]);
  }

  /** Cohere has log probabilities beside the delta that they are about; here they follow it, beside an empty one. */
  #logprobs(value: unknown): Buffer {
    const index = this.#open?.contentIndex ?? Math.max(0, this.#contents - 1);
    const delta = { message: { content: { text: '' } } };
    const frames = encodeLogprobs(value).map((logprobs) =>
      frame('content-delta', { type: 'content-delta', index, delta, logprobs }),
    );
    return Buffer.concat(frames);
  }

  #endMessage(): Buffer {
    if (this.#hasToldFinish) return Buffer.from(DONE);
    const usage = this.#usage === undefined ? {} : { usage: encodeUsage(this.#usage) };
    const delta = { finish_reason: encodeFinish(this.#finish, this.#hasRefusal), ...usage };
    const end = Buffer.concat([frame('message-end', { type: 'message-end', delta }), Buffer.from(DONE)]);
    return this.#afterAnnounced(end);
  }
}

/** What stands around the deltas of an item, and what ends it. */
function openItem(index: number, { kind, at }: Pick<SentItem, 'kind' | 'at'>): OpenPart {
  switch (kind) {
    case 'plan':
      return {
        index,
        head: 'event: tool-plan-delta\ndata: {"type":"tool-plan-delta","delta":{"message":{"tool_plan":',
        tail: '}}}\n\n',
        end: '',
        contentIndex: undefined,
        cited: undefined,
        freeText: undefined,
      };
    case 'tool-call':
      return {
        index,
        head: `event: tool-call-delta\ndata: {"type":"tool-call-delta","index":${at},"delta":{"message":{"tool_calls":{"function":{"arguments":`,
        tail: '}}}}}\n\n',
        end: `event: tool-call-end\ndata: {"type":"tool-call-end","index":${at}}\n\n`,
        contentIndex: undefined,
        cited: undefined,
        freeText: undefined,
      };
    default:
      return {
        index,
        head: `event: content-delta\ndata: {"type":"content-delta","index":${at},"delta":{"message":{"content":{"${kind}":`,
        tail: '}}}}\n\n',
        end: `event: content-end\ndata: {"type":"content-end","index":${at}}\n\n`,
        contentIndex: at,
        cited: kind === 'text' ? { text: '', places: new TextPlaces(), counted: 0 } : undefined,
        freeText: undefined,
      };
  }
}

const EMPTY_MESSAGE = { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } };

function frame(name: string, data: object): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${writeExact(data)}\n\n`);
}
