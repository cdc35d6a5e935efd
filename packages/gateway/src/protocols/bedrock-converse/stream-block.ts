import type { ChatEvent, PartHead } from '../../canonical/chat-event.ts';
import type { Citation } from '../../canonical/conversation.ts';
import { asObject, asString, type JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import { readSignature, UNSIGNED } from '../foreign-signature.ts';
import { decodeImage } from './media.ts';
import { ANSWER_PATH, decodeCitation, foreignBlock, isServerTool, readPartSignature, readRedacted } from './parts.ts';
import { WIRE } from './wire.ts';

export type Emit = (event: ChatEvent) => void;

/**
 * A part whose block has ended but which is kept open until the next begins, because what belongs to it may follow in
 * a block of its own: citations of a text, a carried signature.
 */
export interface HeldPart {
  readonly index: number;
  readonly isText: boolean;
  readonly isSigned: boolean;
}

/** What a block needs of the stream that it is in. */
export interface BlockHost {
  open(part: PartHead, emit: Emit): number;
  hold(part: HeldPart): void;
  readonly held: HeldPart | undefined;
}

/** `whole` blocks come in pieces but are parts that have no deltas: images, what servers' tools do. */
type Kind = 'new' | 'text' | 'reasoning' | 'redacted' | 'tool' | 'whole';

/** One content block while it comes. A text or a reasoning begins with its first delta, all others with a start. */
export class StreamBlock {
  readonly index: number;
  readonly #host: BlockHost;
  #kind: Kind = 'new';
  #part = 0;
  /** The start of a block that has one. */
  #head: JsonObject = {};
  /** A signature, input or bytes, until they are whole. */
  readonly #pieces: string[] = [];
  readonly #results: unknown[] = [];
  /** Citations that came before the text that they are of. */
  #citations: Citation[] = [];
  #hasInput = false;

  constructor(index: number, host: BlockHost) {
    this.index = index;
    this.#host = host;
  }

  readStart(start: JsonObject, emit: Emit): void {
    const toolUse = asObject(start['toolUse']);
    if (this.#kind !== 'new') return;
    if (toolUse && !isServerTool(toolUse)) {
      const id = asString(toolUse['toolUseId']) ?? '';
      this.#kind = 'tool';
      this.#part = this.#host.open(
        { type: 'tool-call', id, name: asString(toolUse['name']) ?? '', kind: 'function' },
        emit,
      );
    } else if (toolUse || asObject(start['toolResult']) || asObject(start['image'])) {
      this.#kind = 'whole';
      this.#head = start;
    }
  }

  readDelta(delta: JsonObject, emit: Emit): void {
    const { text } = delta;
    if (typeof text === 'string') {
      this.#readText(text, emit);
      return;
    }
    const { toolUse, reasoningContent, citation, toolResult, image } = delta;
    if (toolUse) this.#readInput(asString(asObject(toolUse)?.['input']), emit);
    else if (reasoningContent) this.#readReasoning(asObject(reasoningContent) ?? {}, emit);
    else if (citation) this.#readCitation(asObject(citation), emit);
    else if (Array.isArray(toolResult)) for (const item of toolResult) this.#results.push(item);
    else if (image) this.#addPiece(asString(asObject(asObject(image)?.['source'])?.['bytes']));
  }

  /** Ends the block: tells what could be told only now. */
  close(emit: Emit): void {
    switch (this.#kind) {
      case 'new':
        this.#closeCitations(emit);
        return;
      case 'text':
        this.#host.hold({ index: this.#part, isText: true, isSigned: false });
        return;
      case 'tool':
        // A call without arguments comes with empty input or none; in JSON that is an empty object.
        if (!this.#hasInput) emit({ type: 'delta', index: this.#part, text: '{}' });
        this.#host.hold({ index: this.#part, isText: false, isSigned: false });
        return;
      case 'whole':
        this.#openWhole(emit);
        return;
      default:
        this.#sign(emit);
        emit({ type: 'part-end', index: this.#part });
    }
  }

  /** Ends what has begun of a block that was cut, without anything that would make it look whole. */
  abandon(emit: Emit): void {
    if (this.#kind !== 'new' && this.#kind !== 'whole') emit({ type: 'part-end', index: this.#part });
  }

  #readText(text: string, emit: Emit): void {
    if (text === '') return;
    if (this.#kind !== 'text' && !this.#switchTo('text', { type: 'text' }, emit)) return;
    for (const citation of this.#citations) emit({ type: 'citation', index: this.#part, citation });
    if (this.#citations.length > 0) this.#citations = [];
    emit({ type: 'delta', index: this.#part, text });
  }

  #readInput(input: string | undefined, emit: Emit): void {
    if (!input) return;
    if (this.#kind === 'tool') {
      this.#hasInput = true;
      emit({ type: 'delta', index: this.#part, text: input });
    } else this.#addPiece(input);
  }

  #readReasoning({ text, signature, redactedContent }: JsonObject, emit: Emit): void {
    if (typeof redactedContent === 'string') {
      const head = { type: 'reasoning', isRedacted: true } as const;
      if (this.#kind === 'redacted' || this.#switchTo('redacted', head, emit)) this.#addPiece(redactedContent);
    } else if (typeof text === 'string' && text !== '') {
      if (this.#isReasoning(emit)) emit({ type: 'delta', index: this.#part, text });
    } else if (typeof signature === 'string') {
      if (this.#kind === 'new' && this.#readPartSignature(signature, emit)) return;
      if (this.#isReasoning(emit)) this.#addPiece(signature);
    }
  }

  #isReasoning(emit: Emit): boolean {
    return this.#kind === 'reasoning' || this.#switchTo('reasoning', { type: 'reasoning' }, emit);
  }

  /** A signature of the part before, carried here because that had no place for it. */
  #readPartSignature(value: string, emit: Emit): boolean {
    const signature = readPartSignature({ type: 'reasoning', text: '', signature: { origin: WIRE, value } });
    if (!signature) return false;
    const { held } = this.#host;
    // The token of a text without words, which has no block: Gemini's answers end in one.
    const isApart = !held || held.isSigned;
    const index = isApart ? this.#host.open({ type: 'text' }, emit) : held.index;
    this.#host.hold({ index, isText: isApart || held.isText, isSigned: true });
    emit({ type: 'signature', index, signature });
    return true;
  }

  #readCitation(raw: JsonObject | undefined, emit: Emit): void {
    if (!raw) return;
    const citation = decodeCitation(raw);
    if (this.#kind === 'text') emit({ type: 'citation', index: this.#part, citation });
    else this.#citations.push(citation);
  }

  #addPiece(piece: string | undefined): void {
    if (piece !== undefined) this.#pieces.push(piece);
  }

  /** Begins a part of the kind; false in blocks whose kind their start has settled. */
  #switchTo(kind: Kind, head: PartHead, emit: Emit): boolean {
    if (this.#kind === 'tool' || this.#kind === 'whole') return false;
    if (this.#kind !== 'new') {
      this.close(emit);
      this.#pieces.length = 0;
    }
    this.#kind = kind;
    this.#part = this.#host.open(head, emit);
    return true;
  }

  #sign(emit: Emit): void {
    if (this.#pieces.length === 0) return;
    const isRedacted = this.#kind === 'redacted';
    const value = isRedacted ? joinBase64(this.#pieces) : this.#pieces.join('');
    if (value === UNSIGNED) return;
    const signature = isRedacted ? readRedacted(value) : readSignature(value, WIRE);
    emit({ type: 'signature', index: this.#part, signature });
  }

  /** Citations without a text of their own are of the text before. */
  #closeCitations(emit: Emit): void {
    if (this.#citations.length === 0) return;
    const { held } = this.#host;
    const index = held?.isText ? held.index : this.#host.open({ type: 'text' }, emit);
    for (const citation of this.#citations) emit({ type: 'citation', index, citation });
    this.#host.hold({ index, isText: true, isSigned: held?.index === index && held.isSigned });
  }

  #openWhole(emit: Emit): void {
    const head = this.#wholePart();
    if (!head) return;
    emit({ type: 'part-end', index: this.#host.open(head, emit) });
  }

  #wholePart(): PartHead | undefined {
    const { toolUse, toolResult, image } = this.#head;
    if (image) return decodeImage({ ...asObject(image), source: { bytes: joinBase64(this.#pieces) } });
    if (toolResult) {
      return foreignBlock({ toolResult: { ...asObject(toolResult), content: this.#results } }, ANSWER_PATH);
    }
    return foreignBlock({ toolUse: { ...asObject(toolUse), input: readInput(this.#pieces.join('')) } }, ANSWER_PATH);
  }
}

/** Blobs of several deltas as one; each is base64 of its own, padding included. */
function joinBase64(pieces: readonly string[]): string {
  if (pieces.length === 1) return pieces[0]!;
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64'))).toString('base64');
}

/** Input of a server's tool; text where it is no JSON. */
function readInput(text: string): unknown {
  try {
    return text === '' ? {} : parseExact(text);
  } catch {
    return text;
  }
}
