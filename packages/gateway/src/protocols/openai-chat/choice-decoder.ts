import type { Citation, Signature } from '../../canonical/conversation.ts';
import { asObject, asString, isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { readAnnotation } from './citations.ts';
import { thinkingPart } from './content-parts.ts';
import { finishWord, readLogprobs } from './decode-answer.ts';
import { decodeFinish } from './finish-reason.ts';
import { readImage } from './media.ts';
import { callText, type MakeId } from './message-parts.ts';
import { type Emit, isWhole, newPart, type PartCounter, PartQueue, type StreamedPart } from './part-queue.ts';
import { type ReasoningDetail, readDetail, readThoughtSignature } from './reasoning-details.ts';
import { SpokenCollector } from './spoken-collector.ts';

const NO_DETAILS: readonly ReasoningDetail[] = [];

export interface ChoiceDecoderOptions {
  readonly index: number;
  readonly counter: PartCounter;
  readonly makeId: MakeId;
}

/** Reads one choice of a streamed answer. */
export class ChoiceDecoder {
  readonly #index: number;
  readonly #makeId: MakeId;
  readonly #queue: PartQueue;
  readonly #calls = new Map<unknown, StreamedPart>();
  #lastCall: StreamedPart | undefined;
  /** Signatures that came before the call they belong to, by its id. */
  readonly #callSignatures = new Map<string, Signature>();
  /** What belongs to a text that has not come yet. */
  #textSignature: Signature | undefined;
  #citations: Citation[] = [];
  readonly #spoken = new SpokenCollector();
  #finish: string | undefined;
  /** Whether it holds anything of an answer. */
  hasSpoken = false;

  constructor({ index, counter, makeId }: ChoiceDecoderOptions) {
    this.#index = index;
    this.#makeId = makeId;
    this.#queue = new PartQueue(index, counter);
  }

  get isFinished(): boolean {
    return this.#finish !== undefined;
  }

  read(choice: JsonObject, emit: Emit): void {
    const { delta, message, logprobs } = choice;
    if (isObject(delta)) this.#readDelta(delta, emit);
    // A whole answer in place of a stream, as some servers give when they are asked for one.
    else if (isObject(message)) this.#readDelta(message, emit);
    if (isObject(logprobs)) {
      const read = readLogprobs(logprobs);
      if (read) emit({ type: 'logprobs', choice: this.#index, logprobs: read });
    }
    // Some providers name the reason twice.
    this.#finish ??= finishWord(choice);
  }

  /** The choice has ended: gives what is still held, and why it ended. */
  close(emit: Emit): void {
    const spoken = this.#spoken.part();
    if (spoken) this.#queue.add(newPart('media', spoken), emit);
    if (this.#citations.length > 0 || this.#textSignature) this.#begin('text', emit);
    const finish = decodeFinish(this.#finish, this.#lastCall !== undefined);
    // At the limit of its length the last call may be cut.
    if (finish.reason === 'length') this.#queue.breakOff(emit);
    else this.#queue.close(emit);
    emit({ type: 'finish', choice: this.#index, finish });
  }

  /** The stream broke off: ends what is open and claims no more. */
  breakOff(emit: Emit): void {
    this.#queue.breakOff(emit);
  }

  cite(citation: Citation, emit: Emit): void {
    const { tail } = this.#queue;
    if (tail?.kind === 'text') this.#queue.cite(tail, citation, emit);
    else this.#citations.push(citation);
  }

  #readDelta(delta: JsonObject, emit: Emit): void {
    const { reasoning_details: details, content, refusal, tool_calls: calls, function_call: legacy } = delta;
    const known = Array.isArray(details) ? objectsIn(details).flatMap((value) => readDetail(value) ?? []) : NO_DETAILS;
    // The same text stands under another name beside the details, as a rule.
    if (!known.some(({ text }) => text !== '')) {
      this.#say('reasoning', delta['reasoning_content'] || delta['reasoning'], emit);
    }
    for (const detail of known) this.#readDetail(detail, emit);
    if (typeof content === 'string') this.#say('text', content, emit);
    else if (Array.isArray(content)) this.#readContent(objectsIn(content), emit);
    if (refusal !== undefined) this.#say('refusal', refusal, emit);
    if (Array.isArray(calls)) for (const call of objectsIn(calls)) this.#readCall(call, emit);
    else if (isObject(legacy)) this.#readCall({ index: 'function_call', function: legacy }, emit);
    if (delta['extra_content'] !== undefined) this.#signText(readThoughtSignature(delta), emit);
    if (delta['images'] !== undefined) this.#readImages(delta['images'], emit);
    if (delta['audio'] !== undefined) this.hasSpoken = this.#spoken.add(asObject(delta['audio'])) || this.hasSpoken;
    if (delta['annotations'] !== undefined) this.#readAnnotations(delta['annotations'], emit);
  }

  #say(kind: 'text' | 'refusal' | 'reasoning', text: unknown, emit: Emit): void {
    if (typeof text !== 'string' || text === '') return;
    const { tail } = this.#queue;
    // What is signed is ended, though reasoning goes on.
    const isMore = tail?.kind === kind && (kind !== 'reasoning' || !tail.signature);
    const part = isMore ? tail : this.#begin(kind, emit);
    this.#queue.extend(part, text, emit);
  }

  #begin(kind: 'text' | 'refusal' | 'reasoning', emit: Emit): StreamedPart {
    const part = newPart(kind, { type: kind });
    if (kind === 'text') {
      for (const citation of this.#citations) part.citations.push(citation);
      part.signature = this.#textSignature;
      this.#citations = [];
      this.#textSignature = undefined;
    }
    this.#add(part, emit);
    return part;
  }

  #add(part: StreamedPart, emit: Emit): void {
    this.hasSpoken = true;
    this.#queue.add(part, emit);
  }

  /** Mistral's list of texts and thoughts. */
  #readContent(items: readonly JsonObject[], emit: Emit): void {
    for (const item of items) {
      if (item['type'] === 'text') this.#say('text', item['text'], emit);
      else if (item['type'] === 'thinking') this.#say('reasoning', thinkingPart(item).text, emit);
      else if (item['type'] === 'image_url') this.#readImages([item], emit);
    }
  }

  #readDetail(detail: ReasoningDetail, emit: Emit): void {
    if (detail.signs === 'text') this.#signText(detail.signature, emit);
    else if (detail.signs === 'call') this.#signCall(detail, emit);
    else this.#readReasoning(detail, emit);
  }

  /** More of a block of reasoning, or the next block. */
  #readReasoning({ text, signature, id, index, isEncrypted }: ReasoningDetail, emit: Emit): void {
    if (text === '' && !signature) return;
    const { tail } = this.#queue;
    const isMore = tail?.kind === 'reasoning' && !tail.signature;
    // Who streams the text under another name repeats it whole beside its signature, or in a block with a number.
    // Neither is there while a text comes in pieces that say the same, as "ha", "ha".
    const canRepeat = isMore && tail.block === undefined && text !== '' && (index !== undefined || signature);
    const isRepeated = canRepeat && tail.text.endsWith(text);
    if (isMore && (isRepeated || tail.block === index)) {
      tail.block = index;
      if (!isRepeated) this.#queue.extend(tail, text, emit);
      if (signature) this.#queue.sign(tail, signature, emit);
      return;
    }
    const named = id === undefined ? {} : { id };
    const part = newPart('reasoning', { type: 'reasoning', ...named, ...(isEncrypted ? { isRedacted: true } : {}) });
    part.block = index;
    this.#add(part, emit);
    this.#queue.extend(part, text, emit);
    if (signature) this.#queue.sign(part, signature, emit);
  }

  #signText(signature: Signature | undefined, emit: Emit): void {
    if (!signature) return;
    const { tail } = this.#queue;
    if (tail?.kind === 'text') this.#queue.sign(tail, signature, emit);
    else this.#textSignature = signature;
  }

  #signCall({ id, signature }: ReasoningDetail, emit: Emit): void {
    if (id === undefined || !signature) return;
    const call = this.#queue.find(({ wireId }) => wireId === id);
    if (call) this.#queue.sign(call, signature, emit);
    else this.#callSignatures.set(id, signature);
  }

  #readImages(images: unknown, emit: Emit): void {
    for (const value of objectsIn(images)) {
      const image = readImage(value);
      if (image) this.#add(newPart('media', image), emit);
    }
  }

  #readAnnotations(annotations: unknown, emit: Emit): void {
    for (const value of objectsIn(annotations)) {
      const citation = readAnnotation(value);
      if (citation) this.cite(citation, emit);
    }
  }

  #readCall(value: JsonObject, emit: Emit): void {
    const custom = asObject(value['custom']);
    const holder = custom ?? asObject(value['function']) ?? {};
    const id = asString(value['id']) ?? '';
    const name = asString(holder['name']) ?? '';
    const text = callText(custom ? holder['input'] : holder['arguments']);
    const known = this.#callOf({ index: value['index'], id, name });
    const call = known ?? this.#beginCall({ id, name, kind: custom ? 'custom' : 'function' }, value['index']);
    if (known) this.#complete(known, { id, name }, emit);
    else this.#add(call, emit);
    this.#queue.extend(call, text, emit);
    const signature = readThoughtSignature(value);
    if (signature) this.#queue.sign(call, signature, emit);
  }

  /**
   * The call that a fragment goes on with; undefined for the first of a call. Most providers tell by `index`; some
   * send none, or 0 for every call, each whole and with an id of its own.
   */
  #callOf({ index, id, name }: { index: unknown; id: string; name: string }): StreamedPart | undefined {
    if (typeof index !== 'number' && typeof index !== 'string') {
      if (id !== '') return this.#calls.get(`id:${id}`);
      return name === '' ? this.#lastCall : undefined;
    }
    const found = this.#calls.get(index);
    if (!found || name === '') return found;
    if (id !== '') return found.wireId === '' || found.wireId === id ? found : undefined;
    const isSame = found.head.type === 'tool-call' && (found.head.name === '' || found.head.name === name);
    return isSame && !isWhole(found) ? found : undefined;
  }

  #beginCall(call: { id: string; name: string; kind: 'function' | 'custom' }, index: unknown): StreamedPart {
    const { id, name, kind } = call;
    const part = newPart('tool-call', { type: 'tool-call', id: id || this.#makeId(), name, kind });
    part.wireId = id;
    part.signature = this.#callSignatures.get(id);
    this.#calls.set(typeof index === 'number' || typeof index === 'string' ? index : `id:${id}`, part);
    this.#lastCall = part;
    return part;
  }

  /** What a later fragment tells of a call whose beginning has not been passed on. */
  #complete(part: StreamedPart, { id, name }: { id: string; name: string }, emit: Emit): void {
    if (part.index !== -1 || part.head.type !== 'tool-call') return;
    if (id !== '' && part.wireId === '') {
      part.wireId = id;
      part.head = { ...part.head, id };
    }
    if (name === '' || part.head.name !== '') return;
    part.head = { ...part.head, name };
    this.#queue.advance(emit);
  }
}
