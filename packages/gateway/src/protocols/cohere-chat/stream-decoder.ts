import type { ChatEvent, PartHead } from '../../canonical/chat-event.ts';
import { asObject, asString, isObject, type JsonObject } from '../../canonical/json.ts';
import type { DecodeContext, StreamDecoder, StreamFrame } from '../protocol.ts';
import { decodeCitation } from './citations.ts';
import { madeId } from './decode-answer.ts';
import { placeOf } from './decode-assistant.ts';
import { decodeFinish, faultOf } from './finish-reason.ts';
import { decodeLogprobs } from './logprobs.ts';
import { PartSequence } from './part-sequence.ts';
import { TextPlaces } from './text-places.ts';
import { decodeUsage } from './usage.ts';

type Emit = (event: ChatEvent) => void;

export function createStreamDecoder(context: DecodeContext): StreamDecoder {
  return new CohereStreamDecoder(context);
}

/**
 * Reads a streamed answer of `POST /v2/chat`. It is whole when `message-end` has come: that has the finish and the
 * usage. The service sends `[DONE]` after it, which its documentation does not mention.
 */
class CohereStreamDecoder implements StreamDecoder {
  readonly #idSeed: string;
  readonly #parts = new PartSequence();
  /** Places in the texts of the answer, by their index in the content; the plan is -1. */
  readonly #places = new Map<number, TextPlaces>();
  #hasStarted = false;
  /** Nothing more is told: the answer has ended or failed. */
  #isClosed = false;
  isFinished = false;
  hasStopped = false;

  constructor({ idSeed }: DecodeContext) {
    this.#idSeed = idSeed;
  }

  read({ name, data }: StreamFrame, emit: Emit): void {
    if (this.#isClosed || data.length === 0) return;
    if (isDone(data)) {
      this.hasStopped = !this.isFinished;
      this.#endWhole(emit);
      return;
    }
    const event: unknown = JSON.parse(data.toString());
    if (!isObject(event)) return;
    if (isError(event, name)) {
      this.#isClosed = true;
      emit({ type: 'error', data: errorData(event, data) });
    } else if (!this.isFinished) this.#readEvent(event, emit);
  }

  finish(emit: Emit): void {
    if (this.#isClosed) return;
    this.#parts.closeAll(emit);
    this.#endWhole(emit);
  }

  #endWhole(emit: Emit): void {
    if (!this.isFinished) return;
    this.#isClosed = true;
    emit({ type: 'end' });
  }

  #readEvent(event: JsonObject, emit: Emit): void {
    const type = event['type'];
    const index = typeof event['index'] === 'number' ? event['index'] : 0;
    const delta = asObject(event['delta']);
    const message = asObject(delta?.['message']);
    if (typeof type === 'string' && type !== 'debug') this.#start(event, emit);
    switch (type) {
      case 'content-delta':
        this.#readContent(asObject(message?.['content']), index, emit);
        if (event['logprobs']) this.#readLogprobs(event['logprobs'], emit);
        return;
      case 'tool-call-delta':
        this.#readArguments(asObject(message?.['tool_calls']), index, emit);
        return;
      case 'tool-plan-delta':
        this.#readPlan(asString(message?.['tool_plan']) ?? '', emit);
        return;
      case 'content-start':
        this.#beginContent(asObject(message?.['content']), index, emit);
        return;
      case 'content-end':
        this.#parts.end('content', index, emit);
        return;
      case 'tool-call-start':
        this.#beginCall(asObject(message?.['tool_calls']), index, emit);
        return;
      case 'tool-call-end':
        this.#parts.end('tool-call', index, emit);
        return;
      case 'citation-start':
        this.#readCitation(asObject(message?.['citations']), emit);
        return;
      case 'message-end':
        this.#readEnd(delta, emit);
    }
  }

  #start(event: JsonObject, emit: Emit): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    emit({ type: 'start', id: asString(event['id']), model: undefined, created: undefined, serviceTier: undefined });
  }

  #beginContent(content: JsonObject | undefined, index: number, emit: Emit): void {
    this.#parts.begin('content', index, content?.['type'] === 'thinking' ? REASONING : TEXT, emit);
    if (content) this.#readContent(content, index, emit);
  }

  #readContent(content: JsonObject | undefined, index: number, emit: Emit): void {
    const thinking = content?.['thinking'];
    const text = thinking ?? content?.['text'];
    if (typeof text !== 'string' || text === '') return;
    // A delta of something that never began, or has ended, begins it.
    if (!this.#parts.has('content', index)) {
      this.#parts.begin('content', index, typeof thinking === 'string' ? REASONING : TEXT, emit);
    }
    if (thinking === undefined) this.#notePlaces(index, text);
    this.#parts.append('content', index, text, emit);
  }

  #readPlan(text: string, emit: Emit): void {
    if (text === '') return;
    if (!this.#parts.has('plan', 0)) this.#parts.begin('plan', 0, TEXT, emit);
    this.#notePlaces(-1, text);
    this.#parts.append('plan', 0, text, emit);
  }

  #beginCall(call: JsonObject | undefined, index: number, emit: Emit): void {
    const id = asString(call?.['id']) ?? madeId(this.#idSeed, index);
    const name = asString(asObject(call?.['function'])?.['name']) ?? '';
    this.#parts.begin('tool-call', index, { type: 'tool-call', id, name, kind: 'function' }, emit);
    this.#readArguments(call, index, emit);
  }

  #readArguments(call: JsonObject | undefined, index: number, emit: Emit): void {
    const text = asObject(call?.['function'])?.['arguments'];
    if (typeof text === 'string') this.#parts.append('tool-call', index, text, emit);
  }

  #notePlaces(index: number, text: string): void {
    const places = this.#places.get(index);
    if (places) places.add(text);
    else this.#places.set(index, TextPlaces.of(text));
  }

  #readCitation(citation: JsonObject | undefined, emit: Emit): void {
    const index = citation === undefined ? undefined : placeOf(citation);
    const places = index === undefined ? undefined : this.#places.get(index);
    if (!citation || !places || index === undefined) return;
    const [kind, wireIndex] = index === -1 ? (['plan', 0] as const) : (['content', index] as const);
    this.#parts.cite(kind, wireIndex, decodeCitation(citation, places), emit);
  }

  #readLogprobs(item: unknown, emit: Emit): void {
    const logprobs = decodeLogprobs(item);
    if (logprobs) emit({ type: 'logprobs', choice: 0, logprobs });
  }

  #readEnd(delta: JsonObject | undefined, emit: Emit): void {
    this.#parts.closeAll(emit);
    emit({ type: 'finish', choice: 0, finish: decodeFinish(asString(delta?.['finish_reason'])) });
    const usage = decodeUsage(delta?.['usage']);
    if (usage) emit({ type: 'usage', usage });
    this.isFinished = true;
  }
}

const TEXT: PartHead = { type: 'text' };
const REASONING: PartHead = { type: 'reasoning' };

/** `[DONE]`, which is no JSON. */
function isDone(data: Buffer): boolean {
  return data[0] === 91 && data[1] === 68 && data.toString('latin1').trim() === '[DONE]';
}

/**
 * A failure in band: a `message-end` that says so, as the documentation has it, or the error body of a reply, which
 * has a `message` and no type.
 */
function isError(event: JsonObject, name: string): boolean {
  const type = event['type'];
  if (type === 'message-end') {
    const delta = asObject(event['delta']);
    return faultOf(delta?.['finish_reason']) !== undefined || typeof delta?.['error'] === 'string';
  }
  if (type === 'error' || name === 'error') return true;
  return type === undefined && typeof event['message'] === 'string';
}

/** The error as a reply's body has it, where its words stand in an event: a message is looked for there. */
function errorData(event: JsonObject, data: Buffer): Buffer {
  const message = asObject(event['delta'])?.['error'];
  return typeof message === 'string' ? Buffer.from(JSON.stringify({ message })) : data;
}
