import type { ChatEvent } from '../../canonical/chat-event.ts';
import type { Citation, ForeignPart, MediaPart, Signature } from '../../canonical/conversation.ts';
import { asString, isObject, type JsonObject } from '../../canonical/json.ts';
import { decodeFinish, faultOf, finishWord } from './finish-reason.ts';
import { decodeCitations } from './grounding.ts';
import { decodeLogprobs } from './logprobs.ts';
import { answerMedia, callArguments, foreignName, signatureOf } from './parts.ts';
import { TextPlaces } from './text-places.ts';
import { WIRE } from './wire.ts';

export type Emit = (event: ChatEvent) => void;

/** Numbers that run over all candidates of an answer. */
export interface Counters {
  parts: number;
  calls: number;
}

/** A part that more text can still be added to. */
interface OpenPart {
  readonly index: number;
  readonly type: 'text' | 'reasoning';
  isSigned: boolean;
}

/**
 * Reads one candidate. Texts that follow one another are one part: the wire cuts them wherever a chunk ends. A
 * signature ends its part, as parts with and without one must not be joined; one that comes with an empty text behind
 * others, as in streams, belongs to the text that is open.
 */
export class CandidateReader {
  readonly #index: number;
  readonly #idSeed: string;
  readonly #counters: Counters;
  readonly #places = new TextPlaces();
  readonly #cited = new Set<string>();
  #open: OpenPart | undefined;
  #finishWord: string | undefined;
  #hasCall = false;

  constructor({ index, idSeed, counters }: { index: number; idSeed: string; counters: Counters }) {
    this.#index = index;
    this.#idSeed = idSeed;
    this.#counters = counters;
  }

  get isFinished(): boolean {
    return this.#finishWord !== undefined;
  }

  /** The model could not finish it. */
  get hasFailed(): boolean {
    return this.#finishWord !== undefined && faultOf(this.#finishWord) !== undefined;
  }

  read(candidate: JsonObject, emit: Emit): void {
    const content = candidate['content'];
    const parts = isObject(content) ? content['parts'] : undefined;
    if (Array.isArray(parts)) {
      for (const part of parts as readonly unknown[]) if (isObject(part)) this.#part(part, emit);
    }
    if (candidate['groundingMetadata'] !== undefined || candidate['citationMetadata'] !== undefined) {
      this.#citations(decodeCitations(candidate, this.#places), emit);
    }
    const logprobs = decodeLogprobs(candidate['logprobsResult']);
    if (logprobs) emit({ type: 'logprobs', choice: this.#index, logprobs });
    this.#finishWord = finishWord(candidate['finishReason']) ?? this.#finishWord;
  }

  finish(emit: Emit): void {
    this.#close(emit);
    if (this.#finishWord === undefined) return;
    emit({ type: 'finish', choice: this.#index, finish: decodeFinish(this.#finishWord, this.#hasCall) });
  }

  #part(part: JsonObject, emit: Emit): void {
    const { text } = part;
    const call = part['functionCall'];
    if (typeof text === 'string') this.#text(text, part, emit);
    else if (isObject(call)) this.#call(call, part, emit);
    else {
      const media = answerMedia(part);
      if (media) this.#whole(media, emit);
      else this.#other(part, emit);
    }
  }

  #text(text: string, part: JsonObject, emit: Emit): void {
    const type = part['thought'] === true ? 'reasoning' : 'text';
    const signature = part['thoughtSignature'] === undefined ? undefined : signatureOf(part);
    let open = this.#open;
    if (open === undefined || open.type !== type || open.isSigned) {
      if (text === '' && signature === undefined) return;
      this.#close(emit);
      open = { index: this.#counters.parts++, type, isSigned: false };
      this.#open = open;
      emit({ type: 'part-start', index: open.index, choice: this.#index, part: { type } });
    }
    if (text !== '') emit({ type: 'delta', index: open.index, text });
    if (type === 'text') this.#places.add(text);
    if (signature === undefined) return;
    emit({ type: 'signature', index: open.index, signature });
    open.isSigned = true;
  }

  #call(call: JsonObject, part: JsonObject, emit: Emit): void {
    this.#close(emit);
    this.#hasCall = true;
    const index = this.#counters.parts++;
    const id = asString(call['id']) ?? `call_${this.#idSeed}_${this.#counters.calls}`;
    this.#counters.calls++;
    const head = { type: 'tool-call', id, name: asString(call['name']) ?? '', kind: 'function' } as const;
    emit({ type: 'part-start', index, choice: this.#index, part: head });
    emit({ type: 'delta', index, text: callArguments(call) });
    this.#sign(index, signatureOf(part), emit);
    emit({ type: 'part-end', index });
  }

  #sign(index: number, signature: Signature | undefined, emit: Emit): void {
    if (signature) emit({ type: 'signature', index, signature });
  }

  #whole(part: MediaPart | ForeignPart, emit: Emit): void {
    this.#close(emit);
    const index = this.#counters.parts++;
    emit({ type: 'part-start', index, choice: this.#index, part });
    emit({ type: 'part-end', index });
  }

  #other(part: JsonObject, emit: Emit): void {
    const name = foreignName(part);
    const path = `candidates[${this.#index}].content.parts`;
    if (name !== 'part') this.#whole({ type: 'foreign', origin: WIRE, value: part, name, path }, emit);
    // A signature on nothing at all is one on an empty text.
    else if (part['thoughtSignature'] !== undefined) this.#text('', part, emit);
  }

  /** What is cited is told once, though later chunks may repeat it; it is told of a text. */
  #citations(citations: readonly Citation[], emit: Emit): void {
    const open = this.#open;
    if (open?.type !== 'text') return;
    for (const citation of citations) {
      const key = JSON.stringify([citation.start, citation.end, citation.url, citation.quote]);
      if (this.#cited.has(key)) continue;
      this.#cited.add(key);
      emit({ type: 'citation', index: open.index, citation });
    }
  }

  #close(emit: Emit): void {
    if (!this.#open) return;
    emit({ type: 'part-end', index: this.#open.index });
    this.#open = undefined;
  }
}
