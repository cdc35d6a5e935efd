import type { Finish } from '../../canonical/chat-answer.ts';
import type { ChatEvent, PartHead } from '../../canonical/chat-event.ts';
import type { Citation, Signature } from '../../canonical/conversation.ts';
import { asObject, isObject, type JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { carrySignature, readSignature } from '../foreign-signature.ts';
import type { AnswerContext, StreamEncoder, StreamFrame } from '../protocol.ts';
import { encodeCitation } from './citations.ts';
import { messageHead } from './encode-answer.ts';
import { encodeStopReason } from './finish-reason.ts';
import { redactedBlock, textBlock, thinkingBlock, toolUseBlock, trailingSignatureBlock } from './parts.ts';
import { readSentBlocks } from './sent-blocks.ts';
import { encodeCounts, encodeUsage } from './usage.ts';
import { WIRE } from './wire.ts';

const NOTHING = Buffer.alloc(0);
const PING = 'event: ping\ndata: {"type": "ping"}\n\n';

/** The part that is open, and the block it becomes. */
interface OpenPart {
  readonly index: number;
  readonly head: PartHead;
  /** Its block was announced to the client. */
  isAnnounced: boolean;
  /** What stands before the text of each delta. */
  deltaHead: string;
  /** Free text of a call so far: it becomes an argument, which has to be whole. */
  freeText: string;
  /** A token that follows in a block of its own. */
  trailing: Signature | undefined;
}

/** Writes a stream of named events. */
export class MessagesStreamEncoder implements StreamEncoder {
  readonly #context: AnswerContext;
  /** The start that was not written yet: usage that comes right behind it belongs into it. */
  #start: Extract<ChatEvent, { type: 'start' }> | undefined;
  #part: OpenPart | undefined;
  /** Number of the next block; not that of the part, since parts can become no block, or two. */
  #block = 0;
  #hasToolCalls = false;
  #finish: Finish = { reason: 'other', raw: undefined };
  #usage: Usage | undefined;
  /** Tokens of thought were told at the start: the last counts are merged into the first, and must name them too. */
  #hasToldReasoning = false;
  #hasToldFinish = false;

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  push(event: ChatEvent): Buffer {
    if (event.type === 'delta') {
      const part = this.#part;
      if (part?.isAnnounced && part.index === event.index && part.deltaHead !== '') {
        return Buffer.from(`${part.deltaHead}${JSON.stringify(event.text)}}}\n\n`);
      }
    }
    const text = this.#write(event);
    return text === '' ? NOTHING : Buffer.from(text);
  }

  resume(frames: readonly StreamFrame[]): readonly ChatEvent[] | undefined {
    const { hasStarted, hasFinish, block } = readSentBlocks(frames);
    if (hasStarted) this.#start = undefined;
    this.#hasToldFinish = hasFinish;
    if (!block) return [];
    this.#block = block.isOpen ? block.at : block.at + 1;
    if (!block.isOpen) return [];
    const part = this.#part;
    // A block that only its own wire knows is told whole: nobody else can complete it.
    if (!part) return undefined;
    part.isAnnounced = true;
    part.deltaHead = isHidden(part) ? '' : deltaHeads[part.head.type as DeltaType].replace('#', String(block.at));
    if (block.signature === '') return [];
    return [{ type: 'signature', index: part.index, signature: readSignature(block.signature, WIRE) }];
  }

  #write(event: ChatEvent): string {
    switch (event.type) {
      case 'start':
        this.#start = event;
        return '';
      case 'usage':
        this.#usage = event.usage;
        return this.#messageStart();
      case 'ping':
        return this.#messageStart() + PING;
      case 'part-start':
        return this.#messageStart() + this.#startPart(event);
      case 'delta':
        return this.#delta(event.index, event.text);
      case 'signature':
        return this.#sign(event.index, event.signature);
      case 'citation':
        return this.#cite(event.index, event.citation);
      case 'part-end':
        return this.#endPart(event.index);
      case 'finish':
        if (event.choice === 0) this.#finish = event.finish;
        return this.#messageStart();
      case 'end':
        return this.#messageStart() + this.#end();
      default:
        return '';
    }
  }

  /** Written once; counts that its upstream tells only at the end are 0 here and whole in `message_delta`. */
  #messageStart(): string {
    const start = this.#start;
    if (!start) return '';
    this.#start = undefined;
    this.#hasToldReasoning = (this.#usage?.reasoning ?? 0) > 0;
    const { id, type, role, model } = messageHead({ id: start.id, model: start.model, context: this.#context });
    const message = {
      id,
      type,
      role,
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      container: null,
      usage: encodeUsage(this.#usage, start.serviceTier),
    };
    return frame('message_start', { message });
  }

  #startPart({ index, choice, part: head }: Extract<ChatEvent, { type: 'part-start' }>): string {
    // The wire has one choice only; parts of others may come between the deltas of this one's.
    if (choice !== 0) return '';
    this.#part = undefined;
    if (head.type === 'foreign') return head.origin === WIRE && isObject(head.value) ? this.#foreign(head.value) : '';
    if (!(head.type in deltaHeads)) return '';
    this.#part = { index, head, isAnnounced: false, deltaHead: '', freeText: '', trailing: undefined };
    // A call is worth telling at once. Texts wait for their first words: a block that stays empty is not sent, since
    // the wire refuses it when it comes back.
    return head.type === 'tool-call' ? this.#announce(this.#part) : '';
  }

  #announce(part: OpenPart): string {
    part.isAnnounced = true;
    const { head } = part;
    if (!isFreeText(part)) part.deltaHead = deltaHeads[head.type as DeltaType].replace('#', String(this.#block));
    if (head.type !== 'tool-call') return this.#blockStart(head.type === 'reasoning' ? emptyThinking : emptyText);
    this.#hasToolCalls = true;
    return this.#blockStart(toolUseBlock({ ...head, kind: 'function', arguments: '' }));
  }

  #delta(index: number, text: string): string {
    const part = this.#part;
    if (part?.index !== index || text === '' || isHidden(part)) return '';
    if (isFreeText(part)) {
      part.freeText += text;
      return '';
    }
    const announced = part.isAnnounced ? '' : this.#announce(part);
    return `${announced}${part.deltaHead}${JSON.stringify(text)}}}\n\n`;
  }

  #cite(index: number, citation: Citation): string {
    const part = this.#part;
    const encoded = part?.index === index && part.head.type === 'text' ? encodeCitation(citation) : undefined;
    if (!part || !encoded) return '';
    const announced = part.isAnnounced ? '' : this.#announce(part);
    return announced + this.#blockDelta({ type: 'citations_delta', citation: encoded });
  }

  #sign(index: number, signature: Signature): string {
    const part = this.#part;
    if (part?.index !== index) return '';
    if (part.head.type !== 'reasoning') {
      part.trailing = signature;
      return '';
    }
    const token = carrySignature(signature, WIRE);
    if (isHidden(part)) return this.#wholeBlock(redactedBlock(token));
    const announced = part.isAnnounced ? '' : this.#announce(part);
    return announced + this.#blockDelta({ type: 'signature_delta', signature: token });
  }

  #endPart(index: number): string {
    const part = this.#part;
    if (part?.index !== index) return '';
    this.#part = undefined;
    const rest = isFreeText(part) ? this.#freeText(part.freeText) : '';
    const stop = part.isAnnounced ? rest + this.#blockStop() : '';
    return part.trailing ? stop + this.#wholeBlock(trailingSignatureBlock(part.trailing)) : stop;
  }

  /** The wire has no tools that take free text: it becomes their only argument, as in whole answers. */
  #freeText(input: string): string {
    return this.#blockDelta({ type: 'input_json_delta', partial_json: JSON.stringify({ input }) });
  }

  /** A block that only this wire knows: its input in a delta, as its own providers send it. */
  #foreign(value: JsonObject): string {
    const input = asObject(value['input']);
    if (!input || Object.keys(input).length === 0) return this.#wholeBlock(value);
    const delta = { type: 'input_json_delta', partial_json: writeExact(input) };
    return this.#blockStart({ ...value, input: {} }) + this.#blockDelta(delta) + this.#blockStop();
  }

  #wholeBlock(content_block: JsonObject): string {
    return this.#blockStart(content_block) + this.#blockStop();
  }

  #blockStart(content_block: JsonObject): string {
    return frame('content_block_start', { index: this.#block, content_block });
  }

  #blockDelta(delta: JsonObject): string {
    return frame('content_block_delta', { index: this.#block, delta });
  }

  #blockStop(): string {
    return frame('content_block_stop', { index: this.#block++ });
  }

  #end(): string {
    return this.#hasToldFinish ? frame('message_stop', {}) : this.#messageDelta() + frame('message_stop', {});
  }

  #messageDelta(): string {
    const delta = {
      stop_reason: encodeStopReason(this.#finish, this.#hasToolCalls),
      stop_sequence: this.#finish.stopSequence ?? null,
      stop_details: null,
      container: null,
    };
    const thinking = this.#hasToldReasoning ? { output_tokens_details: { thinking_tokens: 0 } } : {};
    const usage = { ...thinking, ...encodeCounts(this.#usage), server_tool_use: null };
    return frame('message_delta', { delta, usage });
  }
}

type DeltaType = keyof typeof deltaHeads;

const emptyText = textBlock('', []);
const emptyThinking = thinkingBlock('', '');

/** How a delta of each kind of part begins; `#` is the block's number. */
const deltaHeads = {
  text: deltaHead('text_delta', 'text'),
  refusal: deltaHead('text_delta', 'text'),
  reasoning: deltaHead('thinking_delta', 'thinking'),
  'tool-call': deltaHead('input_json_delta', 'partial_json'),
} as const;

function deltaHead(type: string, member: string): string {
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":#,"delta":{"type":"${type}","${member}":`;
}

/** Thinking that its provider hid: the token is its block. */
function isHidden({ head }: OpenPart): boolean {
  return head.type === 'reasoning' && head.isRedacted === true;
}

function isFreeText({ head }: OpenPart): boolean {
  return head.type === 'tool-call' && head.kind === 'custom';
}

function frame(type: string, members: JsonObject): string {
  return `event: ${type}\ndata: ${writeExact({ type, ...members })}\n\n`;
}
