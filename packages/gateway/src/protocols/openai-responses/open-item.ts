import type { PartHead } from '../../canonical/chat-event.ts';
import type { Citation, Part, Signature } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { type ItemKind, makeItemId } from './ids.ts';
import { encodeOutputItem } from './items.ts';
import type { SentItem } from './sent-items.ts';

interface OpenItemInput {
  readonly head: PartHead;
  /** Number of the part in the vocabulary. */
  readonly partIndex: number;
  /** Number of the item in `output`. */
  readonly outputIndex: number;
  readonly exchangeId: string;
  /** What was told of it by another; it goes on from there. */
  readonly sent?: SentItem;
}

/** The index of an item that was only announced: it is no part yet. */
export const NO_PART = -1;

type Form = 'text' | 'refusal' | 'reasoning' | 'reasoning-text' | 'function' | 'custom' | 'whole';

/** Event names of what comes in deltas. */
const deltaTypes: Readonly<Record<Exclude<Form, 'whole'>, string>> = {
  text: 'response.output_text',
  refusal: 'response.refusal',
  reasoning: 'response.reasoning_summary_text',
  'reasoning-text': 'response.reasoning_text',
  function: 'response.function_call_arguments',
  custom: 'response.custom_tool_call_input',
};

/** One item of a streamed answer while it is written. The item itself is what encodeOutputItem makes of the part. */
export class OpenItem {
  readonly head: PartHead;
  readonly partIndex: number;
  readonly outputIndex: number;
  readonly citations: Citation[] = [];
  readonly logprobs: unknown[] = [];
  signature: Signature | undefined;
  readonly #form: Form;
  readonly #sent: SentItem | undefined;
  readonly #idOf: (kind: ItemKind) => string;
  readonly #place: JsonObject;
  /** Everything of a delta's event up to its text. */
  readonly #deltaStart: string;
  #text = '';
  #hasPiece = false;
  #isTextDone = false;

  constructor({ head, partIndex, outputIndex, exchangeId, sent }: OpenItemInput) {
    this.head = head;
    this.partIndex = partIndex;
    this.outputIndex = outputIndex;
    this.#sent = sent;
    this.#idOf = (kind) => makeItemId(kind, exchangeId, outputIndex);
    this.#form = formOf(head, sent);
    const piece = sent?.piece;
    if (piece) {
      this.#text = piece.text;
      this.#hasPiece = true;
      this.#isTextDone = piece.isTextDone;
      this.logprobs.push(...piece.logprobs);
    }
    const item_id = this.#item('in_progress')['id'];
    const at = piece?.at ?? sent?.pieces.length ?? 0;
    this.#place = { item_id, output_index: outputIndex, ...indexWithin(this.#form, at) };
    const type = this.#form === 'whole' ? '' : `${deltaTypes[this.#form]}.delta`;
    const start = JSON.stringify({ type, ...this.#place });
    this.#deltaStart = `event: ${type}\ndata: ${start.slice(0, -1)},"delta":`;
  }

  /** A signature that the item itself has no member for. */
  get attachedSignature(): Signature | undefined {
    return isReasoning(this.#form) ? undefined : this.signature;
  }

  /** Another announced it and said nothing of it yet: it can become any part of its kind. */
  canBecome({ type }: PartHead): boolean {
    if (this.partIndex !== NO_PART || this.#sent?.pieces.length !== 0) return false;
    return isReasoning(this.#form) ? type === 'reasoning' : type === 'text' || type === 'refusal';
  }

  /** The same item as a part's. */
  become(head: PartHead, partIndex: number): OpenItem {
    const { outputIndex } = this;
    const sent = this.#sent;
    return new OpenItem({ head, partIndex, outputIndex, exchangeId: '', ...(sent ? { sent } : {}) });
  }

  opening(): JsonObject[] {
    const added = this.#event('response.output_item.added', { item: this.#unfinished() });
    return isSpoken(this.#form) ? [added, ...this.#openPiece()] : [added];
  }

  /** What must be told before the first delta. */
  beforeDelta(): readonly JsonObject[] {
    const hasPieces = isReasoning(this.#form) || isSpoken(this.#form);
    return hasPieces && !this.#hasPiece ? this.#openPiece() : [];
  }

  /** The beginning of a delta's event; the caller adds the rest. */
  addDelta(text: string): string {
    this.#text += text;
    return this.#deltaStart + JSON.stringify(text);
  }

  /** The events that end the item, and the item itself. */
  close(status: string): { readonly events: readonly JsonObject[]; readonly item: JsonObject } {
    const item = this.#item(status);
    const done = this.#event('response.output_item.done', { item });
    return { item, events: [...this.#closing(item), done] };
  }

  #closing(item: JsonObject): JsonObject[] {
    const text = this.#text;
    switch (this.#form) {
      case 'function':
        return this.#closingText('response.function_call_arguments.done', { name: item['name'], arguments: text });
      case 'custom':
        return this.#closingText('response.custom_tool_call_input.done', { input: text });
      case 'reasoning':
        return this.#closingSummary(item);
      case 'reasoning-text':
        return this.#hasPiece ? this.#closingText('response.reasoning_text.done', { text }) : [];
      case 'text':
      case 'refusal':
        return this.#hasPiece ? this.#closingContent((item['content'] as JsonObject[]).at(-1)!) : [];
      default:
        return [];
    }
  }

  #closingSummary(item: JsonObject): JsonObject[] {
    const part = (item['summary'] as JsonObject[]).at(-1);
    // Pieces that another told whole are closed.
    if (!part || (this.#sent && !this.#hasPiece)) return [];
    return [
      ...this.beforeDelta(),
      ...this.#closingText('response.reasoning_summary_text.done', { text: this.#text }),
      this.#placed('response.reasoning_summary_part.done', { part }),
    ];
  }

  #closingContent(part: JsonObject): JsonObject[] {
    const whole =
      this.#form === 'refusal'
        ? this.#closingText('response.refusal.done', { refusal: this.#text })
        : this.#closingText('response.output_text.done', { text: this.#text, logprobs: this.logprobs });
    const annotations = (part['annotations'] ?? []) as unknown[];
    const told = this.#sent?.piece?.annotations ?? 0;
    const added = annotations
      .map((annotation, annotation_index) =>
        this.#placed('response.output_text.annotation.added', { annotation_index, annotation }),
      )
      .slice(told);
    return [...added, ...whole, this.#placed('response.content_part.done', { part })];
  }

  #closingText(type: string, members: JsonObject): JsonObject[] {
    return this.#isTextDone ? [] : [this.#placed(type, members)];
  }

  #openPiece(): JsonObject[] {
    this.#hasPiece = true;
    switch (this.#form) {
      case 'reasoning':
        return [this.#placed('response.reasoning_summary_part.added', { part: { type: 'summary_text', text: '' } })];
      case 'reasoning-text':
        return [];
      case 'refusal':
        return [this.#placed('response.content_part.added', { part: { type: 'refusal', refusal: '' } })];
      default: {
        const part = { type: 'output_text', text: '', annotations: [], logprobs: [] };
        return [this.#placed('response.content_part.added', { part })];
      }
    }
  }

  /** The item as it begins. */
  #unfinished(): JsonObject {
    const item = this.#item('in_progress');
    if (isSpoken(this.#form)) return { ...item, content: [] };
    return this.#form === 'reasoning' ? { ...item, summary: [] } : item;
  }

  #item(status: string): JsonObject {
    const item = encodeOutputItem(this.#part(), { idOf: this.#idOf, status, logprobs: this.logprobs })!;
    const sent = this.#sent;
    if (!sent) return item;
    // A token that it was announced with is not that of the reasoning that followed.
    const { encrypted_content: _, id = item['id'], ...announced } = sent.item;
    const more = this.#hasPiece ? this.#pieceOf(item) : [];
    return { ...announced, ...item, id, ...this.#withPieces([...sent.pieces, ...more]) };
  }

  /** What was told before and what came since, in the member of the item that holds it. */
  #withPieces(pieces: readonly JsonObject[]): JsonObject {
    if (isSpoken(this.#form)) return { content: pieces };
    if (this.#form === 'reasoning') return { summary: pieces };
    return this.#form === 'reasoning-text' ? { summary: this.#sent?.item['summary'] ?? [], content: pieces } : {};
  }

  #pieceOf(item: JsonObject): readonly JsonObject[] {
    if (this.#form === 'reasoning-text') return [{ type: 'reasoning_text', text: this.#text }];
    return (item[this.#form === 'reasoning' ? 'summary' : 'content'] ?? []) as JsonObject[];
  }

  #part(): Part {
    const { head, signature, citations } = this;
    switch (head.type) {
      case 'text':
        return { type: 'text', text: this.#text, citations };
      case 'refusal':
        return { type: 'refusal', text: this.#text };
      case 'reasoning':
        return { ...head, text: this.#text, ...(signature ? { signature } : {}) };
      case 'tool-call':
        return { ...head, arguments: this.#text };
      default:
        return head;
    }
  }

  #placed(type: string, members: JsonObject): JsonObject {
    return { type, ...this.#place, ...members };
  }

  #event(type: string, members: JsonObject): JsonObject {
    return { type, output_index: this.outputIndex, ...members };
  }
}

function formOf(head: PartHead, sent: SentItem | undefined): Form {
  if (head.type === 'tool-call') return head.kind;
  if (head.type === 'reasoning' && sent?.piece?.isReasoningText) return 'reasoning-text';
  return head.type === 'text' || head.type === 'refusal' || head.type === 'reasoning' ? head.type : 'whole';
}

/** Whether it is a message. */
function isSpoken(form: Form): boolean {
  return form === 'text' || form === 'refusal';
}

function isReasoning(form: Form): boolean {
  return form === 'reasoning' || form === 'reasoning-text';
}

function indexWithin(form: Form, at: number): JsonObject {
  if (isSpoken(form) || form === 'reasoning-text') return { content_index: at };
  return form === 'reasoning' ? { summary_index: at } : {};
}
