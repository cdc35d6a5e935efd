import type { Finish } from '../../canonical/chat-answer.ts';
import type { ChatEvent, PartHead, PartStartEvent, StartEvent } from '../../canonical/chat-event.ts';
import type { JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import { writeExact } from '../../framing/exact-json.ts';
import type { AnswerContext, StreamEncoder, StreamFrame } from '../protocol.ts';
import { logprobsContent } from './encode-answer.ts';
import { encodeFinish } from './finish-reason.ts';
import { makeItemId } from './ids.ts';
import { attachedItem } from './items.ts';
import { NO_PART, OpenItem } from './open-item.ts';
import { responseObject } from './response-object.ts';
import { readSentItems, type SentItem } from './sent-items.ts';

const NOTHING = Buffer.alloc(0);

/** Writes the events of `/v1/responses`. The last one holds the whole answer again, so the answer is kept until then. */
export class ResponsesStreamEncoder implements StreamEncoder {
  readonly #context: AnswerContext;
  #output: JsonObject[] = [];
  #sequence = 0;
  /** The `response` object as another began it. */
  #sentResponse: JsonObject | undefined;
  #head: Pick<StartEvent, 'id' | 'model' | 'created' | 'serviceTier'> = nobody;
  #item: OpenItem | undefined;
  #finish: Finish | undefined;
  #usage: Usage | undefined;
  #logprobs: unknown[] = [];
  wholeAnswer: JsonObject | undefined;

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  push(event: ChatEvent): Buffer {
    // Nearly all events are these: their text is put together by hand.
    if (event.type === 'delta') return this.#delta(event.index, event.text);
    const text = this.#encode(event);
    return text === '' ? NOTHING : Buffer.from(text);
  }

  resume(frames: readonly StreamFrame[]): readonly ChatEvent[] | undefined {
    const sent = readSentItems(frames);
    if (!sent) return undefined;
    this.#sentResponse = sent.response;
    this.#sequence = sent.nextSequence;
    this.#output = [...sent.output];
    this.#logprobs = [];
    const last = this.#item;
    this.#item = undefined;
    const { open } = sent;
    if (!open) return [];
    this.#item = this.#resumeItem(open, last);
    if (!this.#item) return undefined;
    const { partIndex: index, head } = this.#item;
    const isDone = open.piece ? open.piece.isTextDone : head.type !== 'tool-call';
    return isDone && index !== NO_PART ? [{ type: 'part-end', index }] : [];
  }

  /** The item that is open; undefined for one that only its own provider could complete. */
  #resumeItem(sent: SentItem, last: OpenItem | undefined): OpenItem | undefined {
    const types = partTypes[String(sent.item['type'])];
    const isSaid = isPart(sent);
    const outputIndex = this.#output.length;
    const exchangeId = this.#context.id;
    if (!isSaid) {
      const head = types?.[0] === 'reasoning' ? ({ type: 'reasoning' } as const) : ({ type: 'text' } as const);
      return types && new OpenItem({ head, partIndex: NO_PART, outputIndex, exchangeId, sent });
    }
    if (!last || !types?.includes(last.head.type)) return undefined;
    const { head, partIndex } = last;
    const item = new OpenItem({ head, partIndex, outputIndex, exchangeId, sent });
    for (const citation of last.citations) item.citations.push(citation);
    return item;
  }

  #delta(index: number, text: string): Buffer {
    const item = this.#item;
    if (item?.partIndex !== index || text === '') return NOTHING;
    const opening = this.#write(item.beforeDelta());
    const data = `${item.addDelta(text)}${this.#takeLogprobs(item)},"sequence_number":${this.#sequence++}}\n\n`;
    return Buffer.from(opening + data);
  }

  #encode(event: Exclude<ChatEvent, { type: 'delta' }>): string {
    switch (event.type) {
      case 'start':
        this.#head = event;
        return this.#write(
          ['response.created', 'response.in_progress'].map((type) => ({ type, response: this.#response() })),
        );
      case 'part-start':
        return event.choice === 0 ? this.#startPart(event) : '';
      case 'signature':
        if (this.#item?.partIndex === event.index) this.#item.signature = event.signature;
        return '';
      case 'citation':
        if (this.#item?.partIndex === event.index) this.#item.citations.push(event.citation);
        return '';
      case 'logprobs':
        if (event.choice === 0) for (const token of logprobsContent(event.logprobs)) this.#logprobs.push(token);
        return '';
      case 'finish':
        if (event.choice !== 0) return '';
        this.#finish = event.finish;
        return this.#closeItem(encodeFinish(event.finish).status);
      case 'usage':
        this.#usage = event.usage;
        return '';
      case 'ping':
        return ': ping\n\n';
      case 'end':
        return this.#closeItem('completed') + this.#end();
      default:
        // An item is closed when the next begins or the answer ends: only then it is known to be whole.
        return '';
    }
  }

  #startPart(event: PartStartEvent): string {
    const item = this.#item;
    if (!item?.canBecome(event.part)) return this.#closeItem('completed') + this.#openItem(event);
    this.#item = item.become(event.part, event.index);
    return '';
  }

  #openItem({ index, part }: PartStartEvent): string {
    this.#item = undefined;
    if (!isSpeakable(part)) return '';
    this.#item = new OpenItem({
      head: part,
      partIndex: index,
      outputIndex: this.#output.length,
      exchangeId: this.#context.id,
    });
    return this.#write(this.#item.opening());
  }

  #closeItem(status: string): string {
    const item = this.#item;
    if (!item) return '';
    this.#item = undefined;
    const { events, item: whole } = item.close(status);
    this.#output.push(whole);
    const text = this.#write(events);
    const signature = item.attachedSignature;
    if (!signature) return text;
    const outputIndex = this.#output.length;
    const attached = attachedItem(signature, makeItemId('rs', this.#context.id, outputIndex));
    this.#output.push(attached);
    return text + this.#write(wholeItem(attached, outputIndex));
  }

  #end(): string {
    const finish = encodeFinish(this.#finish);
    if (this.#logprobs.length > 0) addLogprobs(this.#output, this.#logprobs);
    const ending = { finish, usage: this.#usage, output: this.#output };
    const own = responseObject({ context: this.#context, head: this.#head, ending });
    const response = this.#sentResponse ? { ...this.#sentResponse, ...endOf(own) } : own;
    this.wholeAnswer = response;
    return this.#write([{ type: `response.${finish.status}`, response }]);
  }

  #response(): JsonObject {
    return responseObject({ context: this.#context, head: this.#head, ending: undefined });
  }

  /** Log probabilities that came before a text's delta go with it; as the member of the event's JSON. */
  #takeLogprobs(item: OpenItem): string {
    if (item.head.type !== 'text') return '';
    if (this.#logprobs.length === 0) return ',"logprobs":[]';
    const logprobs = this.#logprobs;
    this.#logprobs = [];
    for (const token of logprobs) item.logprobs.push(token);
    return `,"logprobs":${writeExact(logprobs)}`;
  }

  #write(events: readonly JsonObject[]): string {
    let text = '';
    for (const event of events) {
      const data = writeExact({ ...event, sequence_number: this.#sequence++ });
      text += `event: ${event['type'] as string}\ndata: ${data}\n\n`;
    }
    return text;
  }
}

/** The members that change while an answer is made. */
function endOf({ status, incomplete_details, output, usage }: JsonObject): JsonObject {
  return { status, incomplete_details, output, usage };
}

/** Whether the item is a part already: calls are from the start, messages with their contents, thoughts with words. */
function isPart({ item, pieces, piece }: SentItem): boolean {
  if (item['type'] === 'message') return piece !== undefined || pieces.length > 0;
  return item['type'] !== 'reasoning' || pieces.length > 0 || (piece !== undefined && piece.text !== '');
}

/** The parts that items are; others only their own provider can complete. */
const partTypes: Readonly<Record<string, readonly PartHead['type'][] | undefined>> = {
  message: ['text', 'refusal'],
  reasoning: ['reasoning'],
  function_call: ['tool-call'],
  custom_tool_call: ['tool-call'],
};

const nobody = { id: undefined, model: undefined, created: undefined, serviceTier: undefined };

/** An item that needs no telling piece by piece. */
function wholeItem(item: JsonObject, output_index: number): JsonObject[] {
  return ['response.output_item.added', 'response.output_item.done'].map((type) => ({ type, output_index, item }));
}

/** Whether the wire has an item for it; see encodeOutputItem. */
function isSpeakable(part: PartHead): boolean {
  if (part.type === 'foreign') return part.origin === 'openai-responses';
  if (part.type === 'image') return part.source.kind === 'data';
  return part.type === 'text' || part.type === 'refusal' || part.type === 'reasoning' || part.type === 'tool-call';
}

/** Log probabilities that came too late for the deltas are in the whole answer only. */
function addLogprobs(output: JsonObject[], logprobs: readonly unknown[]): void {
  const place = output.findLastIndex((item) => textOf(item) !== undefined);
  const item = output[place];
  const text = item && textOf(item);
  if (!text) return;
  const known = (text['logprobs'] ?? []) as unknown[];
  output[place] = { ...item, content: [{ ...text, logprobs: [...known, ...logprobs] }] };
}

function textOf(item: JsonObject): JsonObject | undefined {
  const content = item['content'];
  const first: unknown = Array.isArray(content) ? content[0] : undefined;
  return (first as JsonObject | undefined)?.['type'] === 'output_text' ? (first as JsonObject) : undefined;
}
