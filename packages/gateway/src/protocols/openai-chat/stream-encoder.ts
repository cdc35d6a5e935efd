import type { ChatEvent, PartStartEvent, StartEvent } from '../../canonical/chat-event.ts';
import type { Citation, ReasoningPart, Signature } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import { writeExact } from '../../framing/exact-json.ts';
import type { AnswerContext, StreamEncoder } from '../protocol.ts';
import { writeAnnotation } from './citations.ts';
import { callValue, finishFor, mediaMembers } from './encode-answer.ts';
import { reasoningEntries, thoughtSignature } from './reasoning-details.ts';
import { encodeUsage } from './usage.ts';

const NOTHING = Buffer.alloc(0);

/** A part that is being written. */
interface OpenPart {
  readonly choice: number;
  readonly head: PartStartEvent['part'];
  /** What stands before and after the JSON of a delta's text in its chunk. */
  before: string;
  after: string;
  /** All of it so far; kept for reasoning only. */
  text: string;
  /** Number among the parts of its kind in its choice; kept for reasoning only. */
  place: number;
}

/** How far a choice is. */
interface ChoiceState {
  hasRole: boolean;
  calls: number;
  reasonings: number;
}

/** Writes a stream of `/v1/chat/completions`. */
export class ChatStreamEncoder implements StreamEncoder {
  readonly #context: AnswerContext;
  readonly #isLegacy: boolean;
  /** The beginning of every chunk, up to its choices. */
  #head = '';
  /** Members at the end of every chunk. */
  #tail = '}\n\n';
  readonly #parts = new Map<number, OpenPart>();
  readonly #choices = new Map<number, ChoiceState>();
  #usage: Usage | undefined;

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#isLegacy = context.request.singleFunctionCalls === true;
  }

  push(event: ChatEvent): Buffer {
    switch (event.type) {
      case 'delta':
        return this.#delta(event.index, event.text);
      case 'start':
        this.#begin(event);
        return NOTHING;
      case 'part-start':
        return this.#startPart(event);
      case 'part-end':
        this.#parts.delete(event.index);
        return NOTHING;
      case 'signature':
        return this.#sign(event.index, event.signature);
      case 'citation':
        return this.#cite(event.index, event.citation);
      case 'logprobs':
        return this.#chunk(event.choice, '{}', writeExact(event.logprobs));
      case 'finish':
        return this.#chunk(event.choice, '{}', 'null', finishFor(event.finish, this.#isLegacy));
      case 'usage':
        this.#usage = event.usage;
        return NOTHING;
      case 'end':
        return this.#end();
      default:
        return NOTHING;
    }
  }

  #begin({ id, model, created, serviceTier }: StartEvent): void {
    const { id: exchangeId, model: asked, created: begun } = this.#context;
    const shared = {
      id: id ?? `chatcmpl-${exchangeId}`,
      object: 'chat.completion.chunk',
      created: created ?? begun,
      model: model ?? asked,
    };
    this.#head = `data: ${JSON.stringify(shared).slice(0, -1)},"choices":[`;
    if (serviceTier !== undefined) this.#tail = `,"service_tier":${JSON.stringify(serviceTier)}}\n\n`;
  }

  #startPart({ index, choice, part }: PartStartEvent): Buffer {
    const state = this.#choiceOf(choice);
    const open: OpenPart = { choice, head: part, before: '', after: '', text: '', place: 0 };
    this.#parts.set(index, open);
    switch (part.type) {
      case 'text':
        this.#frame(open, '{"content":', '}');
        return state.hasRole ? NOTHING : this.#chunk(choice, '{"content":""}');
      case 'refusal':
        this.#frame(open, '{"refusal":', '}');
        return NOTHING;
      case 'reasoning':
        open.place = state.reasonings++;
        this.#frame(open, '{"reasoning_content":', '}');
        return NOTHING;
      case 'tool-call':
        return this.#startCall(open, state);
      case 'foreign':
        return NOTHING;
      default:
        return this.#members(choice, mediaMembers([part]));
    }
  }

  #startCall(open: OpenPart, state: ChoiceState): Buffer {
    const { choice, head } = open;
    if (head.type !== 'tool-call') return NOTHING;
    const index = state.calls++;
    if (this.#isLegacy) {
      // A client of this age knows one call only.
      if (index > 0) return NOTHING;
      this.#frame(open, '{"function_call":{"arguments":', '}}');
      return this.#members(choice, { function_call: { name: head.name, arguments: '' } });
    }
    const holder = head.kind === 'custom' ? '"custom":{"input":' : '"function":{"arguments":';
    this.#frame(open, `{"tool_calls":[{"index":${index},${holder}`, '}}]}');
    return this.#members(choice, { tool_calls: [{ index, ...callValue({ ...head, arguments: '' }) }] });
  }

  #frame(open: OpenPart, before: string, after: string): void {
    open.before = `${this.#head}{"index":${open.choice},"delta":${before}`;
    open.after = `${after},"logprobs":null,"finish_reason":null}]${this.#tail}`;
  }

  #delta(index: number, text: string): Buffer {
    const open = this.#parts.get(index);
    if (!open || open.before === '') return NOTHING;
    if (open.head.type === 'reasoning') open.text += text;
    const state = this.#choiceOf(open.choice);
    const chunk = open.before + JSON.stringify(text) + open.after;
    if (state.hasRole) return Buffer.from(chunk);
    return Buffer.concat([this.#chunk(open.choice, '{"content":""}'), Buffer.from(chunk)]);
  }

  #sign(index: number, signature: Signature): Buffer {
    const open = this.#parts.get(index);
    if (!open) return NOTHING;
    const { choice, head, text, place } = open;
    const state = this.#choiceOf(choice);
    switch (head.type) {
      case 'reasoning': {
        const part: ReasoningPart = { ...head, text, signature };
        return this.#members(choice, { reasoning_details: reasoningEntries(part, place, 'client') });
      }
      case 'tool-call':
        if (this.#isLegacy) return NOTHING;
        return this.#members(choice, {
          tool_calls: [{ index: state.calls - 1, ...nothingMore(head), ...thoughtSignature(signature, 'client') }],
        });
      case 'text':
        return this.#members(choice, thoughtSignature(signature, 'client'));
      default:
        // Media come whole, with their signature.
        return NOTHING;
    }
  }

  #cite(index: number, citation: Citation): Buffer {
    const open = this.#parts.get(index);
    const annotation = writeAnnotation(citation);
    return open && annotation ? this.#members(open.choice, { annotations: [annotation] }) : NOTHING;
  }

  #members(choice: number, members: JsonObject): Buffer {
    return this.#chunk(choice, writeExact(members));
  }

  #chunk(choice: number, delta: string, logprobs = 'null', finish?: string): Buffer {
    const state = this.#choiceOf(choice);
    // The first chunk of a choice says whose words they are.
    const role = state.hasRole ? '' : delta === '{}' ? '"role":"assistant"' : '"role":"assistant",';
    state.hasRole = true;
    const reason = finish === undefined ? 'null' : JSON.stringify(finish);
    const members = `{${role}${delta.slice(1)}`;
    const tail = `"logprobs":${logprobs},"finish_reason":${reason}}]${this.#tail}`;
    return Buffer.from(`${this.#head}{"index":${choice},"delta":${members},${tail}`);
  }

  #end(): Buffer {
    const usage =
      this.#usage && this.#context.includeUsage
        ? `${this.#head}],"usage":${JSON.stringify(encodeUsage(this.#usage))}${this.#tail}`
        : '';
    return Buffer.from(`${usage}data: [DONE]\n\n`);
  }

  #choiceOf(choice: number): ChoiceState {
    const known = this.#choices.get(choice);
    if (known) return known;
    const state: ChoiceState = { hasRole: false, calls: 0, reasonings: 0 };
    this.#choices.set(choice, state);
    return state;
  }
}

/** Libraries that check what they read want arguments in every piece of a call. */
function nothingMore({ kind }: { readonly kind: 'function' | 'custom' }) {
  return kind === 'custom' ? { custom: { input: '' } } : { function: { arguments: '' } };
}
