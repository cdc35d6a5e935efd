import type { ChatEvent, PartHead } from '../../canonical/chat-event.ts';
import { asObject, asString, isObject, type JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import { readSignature } from '../foreign-signature.ts';
import type { StreamDecoder, StreamFrame } from '../protocol.ts';
import { decodeCitation } from './citations.ts';
import { decodeFinish } from './finish-reason.ts';
import { type AnswerPart, decodeAnswerBlock, foreignPart } from './parts.ts';
import { decodeAnsweredTier, decodeUsage, mergeUsage } from './usage.ts';
import { WIRE } from './wire.ts';

type Emit = (event: ChatEvent) => void;

/** The block that is open. The wire has one at a time. */
interface OpenBlock {
  /** Its number on the wire. */
  readonly at: unknown;
  /** Number of its part; undefined for blocks that are kept whole until they end. */
  readonly index: number | undefined;
  /** A block that only this wire knows, as far as it has come. */
  readonly foreign: Record<string, unknown> | undefined;
  /** JSON text of its input so far (foreign blocks). */
  inputText: string;
  /** Arguments that the block began with: they count when no fragments follow. */
  unsaid: string;
  /** The token that the block began with: it counts when no other follows. */
  readonly announcedSignature: string;
  /** The token so far; it comes in one piece, but nothing forbids several. */
  signature: string;
}

const emptyBlock = { foreign: undefined, inputText: '', unsaid: '', announcedSignature: '', signature: '' } as const;

/** Reads a stream of named events from `message_start` to `message_stop`. */
export class MessagesStreamDecoder implements StreamDecoder {
  #nextIndex = 0;
  #open: OpenBlock | undefined;
  #usage: JsonObject = {};
  #hasStarted = false;
  #hasFinish = false;
  /** The last word was said: an end, or an error. */
  #isOver = false;
  #isFinished = false;
  hasStopped = false;

  get isFinished(): boolean {
    return this.#isFinished;
  }

  read(frame: StreamFrame, emit: Emit): void {
    const { data } = frame;
    // Comments have no data. What follows the end (some imitations send OpenAI's `[DONE]`) says nothing of the answer.
    if (data.length === 0 || this.#isOver) return;
    const text = data.toString('utf8');
    const event: unknown = JSON.parse(text);
    if (!isObject(event)) throw new SyntaxError('An event of a stream must be an object.');
    switch (event['type'] ?? frame.name) {
      case 'content_block_delta':
        this.#readDelta(event, emit);
        return;
      case 'content_block_start':
        this.#readBlockStart(event, text, emit);
        return;
      case 'content_block_stop':
        this.#closeBlock(emit);
        return;
      case 'message_start':
        this.#readStart(event, emit);
        return;
      case 'message_delta':
        this.#readMessageDelta(event, emit);
        return;
      case 'message_stop':
        this.#end(emit);
        return;
      case 'ping':
        emit({ type: 'ping' });
        return;
      case 'error':
        this.#isOver = true;
        emit({ type: 'error', data });
    }
  }

  /** Only `message_stop` ends an answer: what is open when the upstream leaves was cut off, and stays so. */
  finish(): void {}

  #readStart(event: JsonObject, emit: Emit): void {
    if (this.#hasStarted) return;
    const message = asObject(event['message']) ?? {};
    this.#start(emit, message);
    this.#readUsage(message['usage'], emit);
  }

  #start(emit: Emit, message: JsonObject): void {
    this.#hasStarted = true;
    emit({
      type: 'start',
      id: asString(message['id']),
      model: asString(message['model']),
      created: undefined,
      serviceTier: decodeAnsweredTier(message['usage']),
    });
  }

  #readBlockStart(event: JsonObject, text: string, emit: Emit): void {
    if (!this.#hasStarted) this.#start(emit, {});
    // Some imitations leave out `content_block_stop`. Nothing may follow the finish.
    this.#closeBlock(emit);
    const announced = asObject(event['content_block']);
    if (!announced || this.#hasFinish) return;
    const at = event['index'];
    const part = decodeAnswerBlock(exactBlock(announced, text), '');
    if (part.type === 'foreign') {
      const foreign = { ...(part.value as JsonObject) };
      this.#open = { ...emptyBlock, at, index: undefined, foreign };
      return;
    }
    const index = this.#nextIndex++;
    const unsaid = part.type === 'tool-call' ? part.arguments : '';
    const announcedSignature = part.type === 'reasoning' && !part.isRedacted ? asString(announced['signature']) : '';
    this.#open = { ...emptyBlock, at, index, unsaid, announcedSignature: announcedSignature ?? '' };
    emit({ type: 'part-start', index, choice: 0, part: headOf(part) });
    emitAnnounced(part, index, emit);
  }

  #readDelta(event: JsonObject, emit: Emit): void {
    const open = this.#open;
    const delta = event['delta'];
    if (!open || open.at !== event['index'] || !isObject(delta)) return;
    const { index } = open;
    if (index === undefined) {
      addToForeign(open, delta);
      return;
    }
    switch (delta['type']) {
      case 'text_delta':
        emitText(index, delta['text'], emit);
        return;
      case 'thinking_delta':
        emitText(index, delta['thinking'], emit);
        return;
      case 'input_json_delta':
        if (delta['partial_json'] !== '') open.unsaid = '';
        emitText(index, delta['partial_json'], emit);
        return;
      case 'signature_delta':
        open.signature += asString(delta['signature']) ?? '';
        return;
      case 'citations_delta': {
        const citation = asObject(delta['citation']);
        if (citation) emit({ type: 'citation', index, citation: decodeCitation(citation) });
      }
    }
  }

  #closeBlock(emit: Emit): void {
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    const { index, foreign, unsaid } = open;
    const signature = open.signature || open.announcedSignature;
    if (index === undefined) {
      if (foreign) this.#emitForeign(foreign, open.inputText, emit);
      return;
    }
    if (unsaid !== '') emit({ type: 'delta', index, text: unsaid });
    if (signature !== '') emit({ type: 'signature', index, signature: readSignature(signature, WIRE) });
    emit({ type: 'part-end', index });
  }

  #emitForeign(value: Record<string, unknown>, inputText: string, emit: Emit): void {
    if (inputText !== '') value['input'] = parseInput(inputText);
    const index = this.#nextIndex++;
    emit({ type: 'part-start', index, choice: 0, part: foreignPart(value, `content[${index}]`) });
    emit({ type: 'part-end', index });
  }

  #readMessageDelta(event: JsonObject, emit: Emit): void {
    if (!this.#hasStarted) this.#start(emit, {});
    const delta = asObject(event['delta']) ?? {};
    if (typeof delta['stop_reason'] === 'string' && !this.#hasFinish) {
      this.#closeBlock(emit);
      this.#hasFinish = true;
      emit({ type: 'finish', choice: 0, finish: decodeFinish(delta['stop_reason'], delta['stop_sequence']) });
    }
    this.#readUsage(event['usage'], emit);
  }

  #readUsage(value: unknown, emit: Emit): void {
    if (!isObject(value)) return;
    this.#usage = mergeUsage(this.#usage, value);
    const usage = decodeUsage(this.#usage);
    if (usage) emit({ type: 'usage', usage });
  }

  /** An end without a reason is none: `message_delta` got lost. */
  #end(emit: Emit): void {
    this.hasStopped = !this.#hasFinish;
    if (this.hasStopped) return;
    this.#isOver = true;
    this.#isFinished = true;
    emit({ type: 'end' });
  }
}

/** Blocks with values of any kind keep their numbers exact; they are few. */
function exactBlock(block: JsonObject, text: string): JsonObject {
  if (block['type'] === 'text' || block['type'] === 'thinking') return block;
  const event = parseExact(text);
  return (isObject(event) ? asObject(event['content_block']) : undefined) ?? block;
}

function headOf(part: Exclude<AnswerPart, { type: 'foreign' }>): PartHead {
  switch (part.type) {
    case 'tool-call':
      return { type: 'tool-call', id: part.id, name: part.name, kind: part.kind };
    case 'reasoning':
      return part.isRedacted ? { type: 'reasoning', isRedacted: true } : { type: 'reasoning' };
    default:
      return { type: 'text' };
  }
}

/** What a block has when it begins: nothing as a rule, but hidden thinking comes whole. */
function emitAnnounced(part: Exclude<AnswerPart, { type: 'foreign' }>, index: number, emit: Emit): void {
  if (part.type === 'tool-call') return;
  if (part.text !== '') emit({ type: 'delta', index, text: part.text });
  if (part.type === 'text') for (const citation of part.citations ?? []) emit({ type: 'citation', index, citation });
  if (part.type === 'reasoning' && part.isRedacted && part.signature) {
    emit({ type: 'signature', index, signature: part.signature });
  }
}

function emitText(index: number, text: unknown, emit: Emit): void {
  if (typeof text === 'string' && text !== '') emit({ type: 'delta', index, text });
}

/** Takes what a delta adds to a block that is kept whole: its input as JSON text, or members (`compaction_delta`). */
function addToForeign(open: OpenBlock, delta: JsonObject): void {
  if (delta['type'] === 'input_json_delta') {
    open.inputText += asString(delta['partial_json']) ?? '';
    return;
  }
  for (const [key, value] of Object.entries(delta)) if (key !== 'type') open.foreign![key] = value;
}

/** The input of a tool that the provider runs; text that was cut off is kept as it is. */
function parseInput(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}
