import type { ChatEvent, PartHead } from '../../canonical/chat-event.ts';
import { asObject, asString, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { decodeAnnotation } from './annotations.ts';
import { callPart, contentPart, outputParts, readReasoning } from './decode-answer.ts';
import { PartTally } from './finish-reason.ts';
import { PIECE_BREAK, reasoningPart } from './items.ts';

export type Emit = (event: ChatEvent) => void;

/** What the items of one answer share: the numbers of parts, what they say about its end. */
export class PartCounter {
  readonly tally = new PartTally();
  next = 0;
  /** Log probabilities told so far. */
  logprobs = 0;
}

/** Reads one item of a streamed answer. Texts that a server gives whole only, at an item's end, are told then. */
export class ItemReader {
  readonly key: unknown;
  isDone = false;
  readonly #counter: PartCounter;
  #added: JsonObject | undefined;
  /** Number and type of the part that is open, and what of it has been told. */
  #part = -1;
  #type: PartHead['type'] | undefined;
  #told = 0;
  #citations = 0;
  /** Contents of a message begun so far; the index that the server gives the last one. */
  #contents = 0;
  #contentKey: unknown;
  /** Which text of reasoning is told: summaries or the reasoning itself. */
  #source = '';
  #piece: unknown;
  #pieceStart = 0;

  constructor(key: unknown, counter: PartCounter) {
    this.key = key;
    this.#counter = counter;
  }

  read(type: string, event: JsonObject, emit: Emit): void {
    if (this.isDone) return;
    switch (type) {
      case 'response.output_text.delta':
        this.#openContent('text', event, emit);
        this.#tell(event['delta'], emit);
        this.#tellLogprobs(event['logprobs'], 0, emit);
        return;
      case 'response.refusal.delta':
        this.#openContent('refusal', event, emit);
        this.#tell(event['delta'], emit);
        return;
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        // Until the call's name is known its text waits for the end of the item, which has it whole.
        if (this.#type === 'tool-call') this.#tell(event['delta'], emit);
        return;
      case 'response.reasoning_summary_text.delta':
        this.#think('summary', event, emit);
        return;
      case 'response.reasoning_text.delta':
        this.#think('content', event, emit);
        return;
      case 'response.output_item.added':
        this.#open(asObject(event['item']), emit);
        return;
      case 'response.output_item.done': {
        const item = asObject(event['item']);
        item ? this.complete(item, emit) : this.breakOff(emit);
        return;
      }
      default:
        this.#readPiece(type, event, emit);
    }
  }

  /** Tells what has not been told of the item, and ends it. */
  complete(item: JsonObject, emit: Emit): void {
    if (this.isDone) return;
    this.isDone = true;
    switch (item['type']) {
      case 'message':
        this.#completeMessage(item, emit);
        return;
      case 'reasoning':
        this.#completeReasoning(item, emit);
        return;
      case 'function_call':
      case 'custom_tool_call':
        this.#completeCall(item, emit);
        return;
      default:
        for (const part of outputParts(item, typeof this.key === 'number' ? this.key : 0)) {
          this.#start(part as PartHead, emit);
        }
        this.#end(emit);
    }
  }

  /** The stream has no more of it. */
  breakOff(emit: Emit): void {
    this.isDone = true;
    this.#end(emit);
  }

  #readPiece(type: string, event: JsonObject, emit: Emit): void {
    switch (type) {
      case 'response.content_part.added': {
        const part = contentPart(asObject(event['part']) ?? {});
        if (part) this.#openContent(part.type, event, emit);
        return;
      }
      case 'response.content_part.done': {
        const content = asObject(event['part']) ?? {};
        if (contentPart(content)?.type === this.#type) this.#completeContent(content, emit);
        return;
      }
      case 'response.output_text.done': {
        this.#openContent('text', event, emit);
        this.#tellRest(asString(event['text']), emit);
        return;
      }
      case 'response.refusal.done':
        this.#openContent('refusal', event, emit);
        this.#tellRest(asString(event['refusal']), emit);
        return;
      case 'response.output_text.annotation.added':
        this.#cite(asObject(event['annotation']), emit);
        return;
      case 'response.reasoning_summary_text.done':
        this.#think('summary', event, emit);
        return;
      case 'response.reasoning_text.done':
        this.#think('content', event, emit);
        return;
      case 'response.function_call_arguments.done':
        if (this.#type === 'tool-call') this.#tellRest(asString(event['arguments']), emit);
        return;
      case 'response.custom_tool_call_input.done':
        if (this.#type === 'tool-call') this.#tellRest(asString(event['input']), emit);
        return;
    }
  }

  #open(item: JsonObject | undefined, emit: Emit): void {
    this.#added = item;
    const type = item?.['type'];
    if (!item || this.#part !== -1 || (type !== 'function_call' && type !== 'custom_tool_call')) return;
    const { id, name, kind } = callPart(item);
    if (id !== '' && name !== '') this.#start({ type: 'tool-call', id, name, kind }, emit);
  }

  #openContent(type: 'text' | 'refusal', event: JsonObject, emit: Emit): void {
    const index = event['content_index'];
    if (this.#type === type && this.#contentKey === index) return;
    this.#contentKey = index;
    this.#contents++;
    this.#start({ type }, emit);
  }

  /** The end of the content that is open. */
  #completeContent(content: JsonObject, emit: Emit): void {
    const part = contentPart(content);
    if (part && part.type === this.#type) {
      this.#tellRest(part.text, emit);
      const citations = part.type === 'text' ? (part.citations ?? []) : [];
      for (const citation of citations.slice(this.#citations)) emit({ type: 'citation', index: this.#part, citation });
    }
    this.#end(emit);
  }

  #completeMessage(item: JsonObject, emit: Emit): void {
    const contents = objectsIn(item['content']).filter((content) => contentPart(content) !== undefined);
    const open = contents[this.#contents - 1];
    if (open) this.#completeContent(open, emit);
    else this.#end(emit);
    for (const content of contents.slice(this.#contents)) {
      this.#start({ type: contentPart(content)!.type }, emit);
      this.#completeContent(content, emit);
    }
  }

  #completeReasoning(item: JsonObject, emit: Emit): void {
    const { text, signature, ...head } = reasoningPart(readReasoning(item));
    if (this.#type !== 'reasoning') {
      this.#end(emit);
      if (text === '' && !signature) return;
      this.#start(head, emit);
    }
    this.#tellRest(text, emit);
    if (signature) emit({ type: 'signature', index: this.#part, signature });
    this.#end(emit);
  }

  #completeCall(item: JsonObject, emit: Emit): void {
    const { arguments: text, ...head } = callPart(item);
    if (this.#type !== 'tool-call') this.#start(head, emit);
    this.#tellRest(text, emit);
    this.#end(emit);
  }

  /** A piece of reasoning: `delta`, or the whole of the piece in `text`. Pieces stand apart by a blank line. */
  #think(source: 'summary' | 'content', event: JsonObject, emit: Emit): void {
    const text = asString(event['delta']) ?? asString(event['text']) ?? '';
    if (text === '' || (this.#source !== '' && this.#source !== source)) return;
    if (this.#type !== 'reasoning') this.#startReasoning(emit);
    const piece = event[source === 'summary' ? 'summary_index' : 'content_index'];
    if (this.#source !== '' && this.#piece !== piece) this.#tell(PIECE_BREAK, emit);
    if (this.#source === '' || this.#piece !== piece) this.#pieceStart = this.#told;
    this.#source = source;
    this.#piece = piece;
    const isDelta = typeof event['delta'] === 'string';
    this.#tell(isDelta ? text : text.slice(this.#told - this.#pieceStart), emit);
  }

  /** Begun with its first text: before that it is not known whether it will have any. */
  #startReasoning(emit: Emit): void {
    const { id } = reasoningPart(readReasoning(this.#added ?? {}));
    this.#start({ type: 'reasoning', ...(id === undefined ? {} : { id }) }, emit);
  }

  #cite(annotation: JsonObject | undefined, emit: Emit): void {
    if (!annotation || this.#type !== 'text') return;
    this.#citations++;
    emit({ type: 'citation', index: this.#part, citation: decodeAnnotation(annotation) });
  }

  #tellLogprobs(value: unknown, from: number, emit: Emit): void {
    if (!Array.isArray(value) || value.length <= from) return;
    const content = value.slice(from) as unknown[];
    this.#counter.logprobs += content.length;
    emit({ type: 'logprobs', choice: 0, logprobs: { content } });
  }

  #start(part: PartHead, emit: Emit): void {
    this.#end(emit);
    this.#type = part.type;
    this.#part = this.#counter.next++;
    this.#told = 0;
    this.#citations = 0;
    this.#counter.tally.add(part);
    emit({ type: 'part-start', index: this.#part, choice: 0, part });
  }

  #tell(text: unknown, emit: Emit): void {
    if (typeof text !== 'string' || text === '' || this.#part === -1) return;
    this.#told += text.length;
    emit({ type: 'delta', index: this.#part, text });
  }

  /** What is left of a text that has been told up to a point. */
  #tellRest(whole: string | undefined, emit: Emit): void {
    if (whole !== undefined && whole.length > this.#told) this.#tell(whole.slice(this.#told), emit);
  }

  #end(emit: Emit): void {
    if (this.#part === -1) return;
    emit({ type: 'part-end', index: this.#part });
    this.#part = -1;
    this.#type = undefined;
  }
}
