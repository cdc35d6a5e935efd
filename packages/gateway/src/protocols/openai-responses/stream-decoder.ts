import type { ChatEvent } from '../../canonical/chat-event.ts';
import { asObject, asString, isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import type { StreamDecoder, StreamFrame } from '../protocol.ts';
import { answerHead, isFailedEnding, isFailedStatus, outputLogprobs } from './decode-answer.ts';
import { decodeFinish } from './finish-reason.ts';
import { type Emit, ItemReader, PartCounter } from './item-reader.ts';
import { decodeUsage } from './usage.ts';

/**
 * Reads the events of `/v1/responses`. Items come one after another in all streams that were ever seen; should a server
 * mix them, those that began later wait until the one before is done.
 */
export class ResponsesStreamDecoder implements StreamDecoder {
  readonly #counter = new PartCounter();
  #hasStarted = false;
  /** The tier that the beginning told. */
  #tier: string | undefined;
  #isOver = false;
  #hasFailed = false;
  #item: ItemReader | undefined;
  readonly #waiting = new Map<unknown, JsonObject[]>();
  readonly #done = new Set<unknown>();
  isFinished = false;

  read({ name, data }: StreamFrame, emit: Emit): void {
    // `[DONE]` is no event of this wire, but some servers send it after the last one.
    const isOver = this.#isOver && !this.#hasFailed;
    if (isOver || data.length === 0 || isDone(data)) return;
    const event: unknown = JSON.parse(data.toString('utf8'));
    if (!isObject(event)) return;
    const type = asString(event['type']) ?? name;
    if (this.#hasFailed) {
      // An error has an event of its own before that of the response that failed.
      if (isFailedEnding(type)) this.#fail({ event, data, emit });
      return;
    }
    const item = this.#item;
    if (item !== undefined && item.key === event['output_index'] && type.endsWith('.delta')) {
      item.read(type, event, emit);
    } else this.#readOther(type, { event, data, emit });
  }

  finish(emit: Emit): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#item?.breakOff(emit);
  }

  #readOther(type: string, { event, data, emit }: { event: JsonObject; data: Buffer; emit: Emit }): void {
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        this.#start(asObject(event['response']), emit);
        return;
      case 'response.completed':
      case 'response.incomplete':
        // As in a whole answer, the status says whether it is one.
        if (isFailedStatus(asObject(event['response'])?.['status'])) this.#fail({ event, data, emit });
        else this.#complete(event, emit);
        return;
      case 'error':
      case 'response.failed':
      case 'response.cancelled':
        this.#fail({ event, data, emit });
        return;
      case 'ping':
      case 'keepalive':
        emit({ type: 'ping' });
        return;
      case '':
        // An error in the form of OpenAI's other wires.
        if (isObject(event['error'])) this.#fail({ event, data, emit });
        return;
      default:
        if (typeof event['output_index'] === 'number' || typeof event['item_id'] === 'string') {
          this.#start(undefined, emit);
          this.#route(type, event, emit);
        }
    }
  }

  #start(response: JsonObject | undefined, emit: Emit): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    const tier = asString(response?.['service_tier']);
    // `auto` is what was asked for; what it became stands in the last event only.
    this.#tier = tier === 'auto' ? undefined : tier;
    emit({ type: 'start', ...answerHead(response), serviceTier: this.#tier });
  }

  #route(type: string, event: JsonObject, emit: Emit): void {
    const key = event['output_index'] ?? this.#item?.key;
    if (this.#done.has(key)) return;
    this.#item ??= new ItemReader(key, this.#counter);
    if (this.#item.key === key) {
      this.#item.read(type, event, emit);
      this.#goOn(emit);
      return;
    }
    const queue = this.#waiting.get(key);
    // A copy of the type, for events that are named by their frame only.
    const named = event['type'] === undefined ? { ...event, type } : event;
    if (queue) queue.push(named);
    else this.#waiting.set(key, [named]);
  }

  /** Lets those that wait have their turn once the item before is done. */
  #goOn(emit: Emit): void {
    while (this.#item?.isDone) {
      this.#done.add(this.#item.key);
      const [next] = this.#waiting;
      this.#item = undefined;
      if (!next) return;
      const [key, events] = next;
      this.#waiting.delete(key);
      this.#item = new ItemReader(key, this.#counter);
      for (const event of events) this.#item.read(asString(event['type']) ?? '', event, emit);
    }
  }

  #complete(event: JsonObject, emit: Emit): void {
    const response = asObject(event['response']) ?? {};
    this.#start(response, emit);
    this.#completeItems(objectsIn(response['output']), emit);
    const late = outputLogprobs(response).slice(this.#counter.logprobs);
    if (late.length > 0) emit({ type: 'logprobs', choice: 0, logprobs: { content: late } });
    const status = asString(response['status']) ?? asString(event['type'])?.slice('response.'.length);
    emit({ type: 'finish', choice: 0, finish: decodeFinish({ ...response, status }, this.#counter.tally) });
    const usage = decodeUsage(response['usage']);
    const tier = asString(response['service_tier']);
    if (usage) emit({ type: 'usage', usage, ...(tier !== undefined && tier !== this.#tier && { serviceTier: tier }) });
    this.isFinished = true;
    this.#isOver = true;
    emit({ type: 'end' });
  }

  /** Items that the stream left open, and, where it told of none at all, those of the whole answer. */
  #completeItems(output: readonly JsonObject[], emit: Emit): void {
    while (this.#item) {
      const { key } = this.#item;
      const whole = typeof key === 'number' ? output[key] : undefined;
      if (whole) this.#item.complete(whole, emit);
      else this.#item.breakOff(emit);
      this.#goOn(emit);
    }
    if (this.#done.size > 0) return;
    for (const [index, item] of output.entries()) new ItemReader(index, this.#counter).complete(item, emit);
  }

  #fail({ event, data, emit }: { event: JsonObject; data: Buffer; emit: Emit }): void {
    this.#isOver = true;
    this.#hasFailed = true;
    const usage = decodeUsage(asObject(event['response'])?.['usage']);
    emit({ type: 'error', data: Buffer.from(data), ...(usage && { usage }) } satisfies ChatEvent);
  }
}

function isDone(data: Buffer): boolean {
  return data.length <= 32 && data.toString('latin1').trim() === '[DONE]';
}
