import type { PartHead } from '../../canonical/chat-event.ts';
import type { Citation, Part, Signature } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { type ItemKind, makeItemId } from './ids.ts';
import { encodeOutputItem } from './items.ts';

interface OpenItemInput {
  readonly head: PartHead;
  /** Number of the part in the vocabulary. */
  readonly partIndex: number;
  /** Number of the item in `output`. */
  readonly outputIndex: number;
  readonly exchangeId: string;
}

type Form = 'text' | 'refusal' | 'reasoning' | 'function' | 'custom' | 'whole';

/** Event names of what comes in deltas. */
const deltaTypes: Readonly<Record<Exclude<Form, 'whole'>, string>> = {
  text: 'response.output_text',
  refusal: 'response.refusal',
  reasoning: 'response.reasoning_summary_text',
  function: 'response.function_call_arguments',
  custom: 'response.custom_tool_call_input',
};

/** One item of a streamed answer while it is written. The item itself is what encodeOutputItem makes of the part. */
export class OpenItem {
  readonly head: PartHead;
  readonly partIndex: number;
  readonly citations: Citation[] = [];
  readonly logprobs: unknown[] = [];
  signature: Signature | undefined;
  readonly #form: Form;
  readonly #outputIndex: number;
  readonly #idOf: (kind: ItemKind) => string;
  readonly #place: JsonObject;
  /** Everything of a delta's event up to its text. */
  readonly #deltaStart: string;
  #text = '';
  #hasPiece = false;

  constructor({ head, partIndex, outputIndex, exchangeId }: OpenItemInput) {
    this.head = head;
    this.partIndex = partIndex;
    this.#outputIndex = outputIndex;
    this.#idOf = (kind) => makeItemId(kind, exchangeId, outputIndex);
    this.#form = formOf(head);
    const item_id = this.#item('in_progress')['id'];
    this.#place = { item_id, output_index: outputIndex, ...indexWithin(this.#form) };
    const type = this.#form === 'whole' ? '' : `${deltaTypes[this.#form]}.delta`;
    const start = JSON.stringify({ type, ...this.#place });
    this.#deltaStart = `event: ${type}\ndata: ${start.slice(0, -1)},"delta":`;
  }

  /** A signature that the item itself has no member for. */
  get attachedSignature(): Signature | undefined {
    return this.#form === 'reasoning' ? undefined : this.signature;
  }

  opening(): JsonObject[] {
    const added = this.#event('response.output_item.added', { item: this.#unfinished() });
    return isSpoken(this.#form) ? [added, ...this.#openPiece()] : [added];
  }

  /** What must be told before the first delta. */
  beforeDelta(): readonly JsonObject[] {
    return this.#form === 'reasoning' && !this.#hasPiece ? this.#openPiece() : [];
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
        return [this.#placed('response.function_call_arguments.done', { name: item['name'], arguments: text })];
      case 'custom':
        return [this.#placed('response.custom_tool_call_input.done', { input: text })];
      case 'reasoning':
        return this.#closingSummary(item);
      case 'text':
      case 'refusal':
        return this.#closingContent((item['content'] as JsonObject[])[0]!);
      default:
        return [];
    }
  }

  #closingSummary(item: JsonObject): JsonObject[] {
    const part = (item['summary'] as JsonObject[])[0];
    if (!part) return [];
    return [
      ...this.beforeDelta(),
      this.#placed('response.reasoning_summary_text.done', { text: this.#text }),
      this.#placed('response.reasoning_summary_part.done', { part }),
    ];
  }

  #closingContent(part: JsonObject): JsonObject[] {
    const whole =
      this.#form === 'refusal'
        ? this.#placed('response.refusal.done', { refusal: this.#text })
        : this.#placed('response.output_text.done', { text: this.#text, logprobs: this.logprobs });
    const annotations = (part['annotations'] ?? []) as unknown[];
    const added = annotations.map((annotation, annotation_index) =>
      this.#placed('response.output_text.annotation.added', { annotation_index, annotation }),
    );
    return [...added, whole, this.#placed('response.content_part.done', { part })];
  }

  #openPiece(): JsonObject[] {
    this.#hasPiece = true;
    switch (this.#form) {
      case 'reasoning':
        return [this.#placed('response.reasoning_summary_part.added', { part: { type: 'summary_text', text: '' } })];
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
    return encodeOutputItem(this.#part(), { idOf: this.#idOf, status, logprobs: this.logprobs })!;
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
    return { type, output_index: this.#outputIndex, ...members };
  }
}

function formOf(head: PartHead): Form {
  if (head.type === 'tool-call') return head.kind;
  return head.type === 'text' || head.type === 'refusal' || head.type === 'reasoning' ? head.type : 'whole';
}

/** Whether it is a message. */
function isSpoken(form: Form): boolean {
  return form === 'text' || form === 'refusal';
}

function indexWithin(form: Form): JsonObject {
  if (isSpoken(form)) return { content_index: 0 };
  return form === 'reasoning' ? { summary_index: 0 } : {};
}
