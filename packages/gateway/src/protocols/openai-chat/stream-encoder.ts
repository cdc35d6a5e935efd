import type { ChatEvent, PartStartEvent, StartEvent } from '../../canonical/chat-event.ts';
import type { Citation, ReasoningPart, Signature } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import { writeExact } from '../../framing/exact-json.ts';
import type { AnswerContext, StreamEncoder, StreamFrame } from '../protocol.ts';
import { writeAnnotation } from './citations.ts';
import { callValue, finishFor, mediaMembers } from './encode-answer.ts';
import { decodeFinish } from './finish-reason.ts';
import { reasoningEntries, thoughtSignature } from './reasoning-details.ts';
import { readSentChunks } from './sent-chunks.ts';
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
  /** Number among the parts of its kind in its choice; kept for reasoning and calls. */
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
  #hasToldUsage = false;
  #fingerprint: string | null | undefined;
  #reasoningMember = 'reasoning_content';
  #start: StartEvent | undefined;

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

  resume(frames: readonly StreamFrame[]): readonly ChatEvent[] | undefined {
    const sent = readSentChunks(frames);
    if (sent.isSpoken) return undefined;
    this.#hasToldUsage = sent.hasUsage;
    this.#fingerprint = sent.fingerprint;
    this.#reasoningMember = sent.reasoningMember;
    if (this.#start) this.#begin(this.#start);
    for (const [choice, { calls }] of sent.choices) {
      const state = this.#choiceOf(choice);
      state.hasRole = true;
      state.calls = Math.max(state.calls, 0, ...calls.map((index) => index + 1));
    }
    for (const open of this.#parts.values()) {
      if (open.head.type === 'tool-call') open.place = sent.choices.get(open.choice)?.calls[open.place] ?? open.place;
      this.#frame(open);
    }
    // Thoughts that are told in two places at once go on in neither.
    const thoughts = sent.hasDetails ? [...this.#parts].filter(([, { head }]) => head.type === 'reasoning') : [];
    return [
      ...thoughts.map(([index]): ChatEvent => ({ type: 'part-end', index })),
      ...[...sent.choices].flatMap(([choice, { calls, finish }]): ChatEvent[] =>
        finish === undefined ? [] : [{ type: 'finish', choice, finish: decodeFinish(finish, calls.length > 0) }],
      ),
    ];
  }

  #begin(start: StartEvent): void {
    this.#start = start;
    const { id, model, created, serviceTier } = start;
    const { id: exchangeId, model: asked, created: begun } = this.#context;
    const shared = {
      id: id ?? `chatcmpl-${exchangeId}`,
      object: 'chat.completion.chunk',
      created: created ?? begun,
      model: model ?? asked,
      system_fingerprint: this.#fingerprint,
    };
    this.#head = `data: ${JSON.stringify(shared).slice(0, -1)},"choices":[`;
    if (serviceTier !== undefined) this.#tail = `,"service_tier":${JSON.stringify(serviceTier)}}\n\n`;
  }

  #startPart({ index, choice, part }: PartStartEvent): Buffer {
    const state = this.#choiceOf(choice);
    const open: OpenPart = { choice, head: part, before: '', after: '', text: '', place: 0 };
    this.#parts.set(index, open);
    if (part.type === 'reasoning') open.place = state.reasonings++;
    if (part.type === 'tool-call') open.place = state.calls++;
    this.#frame(open);
    switch (part.type) {
      case 'text':
        return state.hasRole ? NOTHING : this.#chunk(choice, '{"content":""}');
      case 'tool-call':
        return this.#startCall(open);
      case 'refusal':
      case 'reasoning':
      case 'foreign':
        return NOTHING;
      default:
        return this.#members(choice, mediaMembers([part]));
    }
  }

  #startCall({ choice, head, place: index }: OpenPart): Buffer {
    if (head.type !== 'tool-call') return NOTHING;
    if (!this.#isLegacy) {
      return this.#members(choice, { tool_calls: [{ index, ...callValue({ ...head, arguments: '' }) }] });
    }
    // A client of this age knows one call only.
    return index > 0 ? NOTHING : this.#members(choice, { function_call: { name: head.name, arguments: '' } });
  }

  /** What stands around the text of a part's deltas. */
  #frame(open: OpenPart): void {
    const around = this.#membersAround(open);
    if (!around) return;
    open.before = `${this.#head}{"index":${open.choice},"delta":{${around[0]}`;
    open.after = `${around[1]},"logprobs":null,"finish_reason":null}]${this.#tail}`;
  }

  #membersAround({ head, place }: OpenPart): readonly [before: string, after: string] | undefined {
    switch (head.type) {
      case 'text':
        return ['"content":', '}'];
      case 'refusal':
        return ['"refusal":', '}'];
      case 'reasoning':
        return [`"${this.#reasoningMember}":`, '}'];
      case 'tool-call': {
        if (this.#isLegacy) return place > 0 ? undefined : ['"function_call":{"arguments":', '}}'];
        const holder = head.kind === 'custom' ? '"custom":{"input":' : '"function":{"arguments":';
        return [`"tool_calls":[{"index":${place},${holder}`, '}}]}'];
      }
      default:
        return undefined;
    }
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
    switch (head.type) {
      case 'reasoning': {
        const part: ReasoningPart = { ...head, text, signature };
        return this.#members(choice, { reasoning_details: reasoningEntries(part, place, 'client') });
      }
      case 'tool-call':
        if (this.#isLegacy) return NOTHING;
        return this.#members(choice, {
          tool_calls: [{ index: place, ...nothingMore(head), ...thoughtSignature(signature, 'client') }],
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
      this.#usage && this.#context.includeUsage && !this.#hasToldUsage
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
