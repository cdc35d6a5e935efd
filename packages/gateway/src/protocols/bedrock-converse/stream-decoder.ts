import type { PartHead } from '../../canonical/chat-event.ts';
import { asCount, asObject, type JsonObject } from '../../canonical/json.ts';
import type { StreamDecoder, StreamFrame } from '../protocol.ts';
import { UNFINISHED_ANSWER } from '../unfinished-answer.ts';
import { decodeFinish, faultOf } from './finish-reason.ts';
import { type BlockHost, type Emit, type HeldPart, StreamBlock } from './stream-block.ts';
import { decodeServiceTier, decodeUsage } from './usage.ts';

/** No event of the wire is called so; the splitter sees to it that every exception and error is. */
const ERROR_NAME = /(?:Exception|Error|Failure)$/;

/**
 * Reads one stream of ConverseStream. Blocks have come one after another so far, but each names its index: should they
 * be mixed, events of a later block wait until the one before it has ended.
 */
export class BedrockStreamDecoder implements StreamDecoder, BlockHost {
  #isStarted = false;
  #isStopped = false;
  #isOver = false;
  #hasFailed = false;
  #nextPart = 0;
  #block: StreamBlock | undefined;
  #held: HeldPart | undefined;
  /** Events of blocks that began before the current one ended, by the blocks' indices. */
  readonly #waiting = new Map<number, JsonObject[]>();

  /** The answer is whole when its stop reason has come; the usage that follows is about it, not of it. */
  get isFinished(): boolean {
    return this.#isStopped;
  }

  read({ name, data }: StreamFrame, emit: Emit): void {
    if (this.#hasFailed) {
      if (name === 'metadata') this.#fail(asObject(JSON.parse(data.toString('utf8'))), emit);
      return;
    }
    if (this.#isOver) return;
    if (ERROR_NAME.test(name)) {
      this.#isOver = true;
      emit({ type: 'error', data: errorData(name, data) });
      return;
    }
    const event = asObject(JSON.parse(data.toString('utf8')));
    if (!event) return;
    if (name.startsWith('contentBlock')) this.#readBlockEvent(event, emit);
    else if (name === 'messageStart') this.#start(emit);
    else if (name === 'messageStop') this.#stop(event, emit);
    else if (name === 'metadata') this.#readMetadata(event, emit);
  }

  finish(emit: Emit): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isStopped) {
      emit({ type: 'end' });
      return;
    }
    this.#block?.abandon(emit);
    this.#release(emit);
  }

  get held(): HeldPart | undefined {
    return this.#held;
  }

  hold(part: HeldPart): void {
    this.#held = part;
  }

  /** Begins a part, after the one that was held open has ended. */
  open(part: PartHead, emit: Emit): number {
    this.#release(emit);
    const index = this.#nextPart++;
    emit({ type: 'part-start', index, choice: 0, part });
    return index;
  }

  #start(emit: Emit): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    emit({ type: 'start', id: undefined, model: undefined, created: undefined, serviceTier: undefined });
  }

  #readBlockEvent(event: JsonObject, emit: Emit): void {
    if (this.#isStopped) return;
    this.#start(emit);
    const block = this.#block;
    const index = asCount(event['contentBlockIndex']) ?? block?.index ?? 0;
    if (block && block.index !== index) {
      const waiting = this.#waiting.get(index);
      if (waiting) waiting.push(event);
      else this.#waiting.set(index, [event]);
      return;
    }
    this.#apply(block ?? this.#begin(index), event, emit);
    if (!this.#block) this.#readWaiting(emit);
  }

  #begin(index: number): StreamBlock {
    const block = new StreamBlock(index, this);
    this.#block = block;
    return block;
  }

  /** A start, a delta, or a stop, which has neither. */
  #apply(block: StreamBlock, event: JsonObject, emit: Emit): void {
    const delta = asObject(event['delta']);
    if (delta) {
      block.readDelta(delta, emit);
      return;
    }
    const start = asObject(event['start']);
    if (start) {
      block.readStart(start, emit);
      return;
    }
    this.#closeBlock(emit);
  }

  /** Reads what waited for the block that has ended, up to the end of a block that has none yet. */
  #readWaiting(emit: Emit): void {
    for (const [index, events] of this.#waiting) {
      this.#waiting.delete(index);
      const block = this.#begin(index);
      for (const event of events) if (this.#block === block) this.#apply(block, event, emit);
      if (this.#block) return;
    }
  }

  #closeAll(emit: Emit): void {
    this.#closeBlock(emit);
    while (this.#waiting.size > 0) {
      this.#readWaiting(emit);
      this.#closeBlock(emit);
    }
    this.#release(emit);
  }

  #closeBlock(emit: Emit): void {
    this.#block?.close(emit);
    this.#block = undefined;
  }

  #release(emit: Emit): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    emit({ type: 'part-end', index: held.index });
  }

  #stop(event: JsonObject, emit: Emit): void {
    if (this.#isStopped) return;
    this.#start(emit);
    this.#closeAll(emit);
    if (faultOf(event['stopReason'])) {
      this.#isOver = true;
      this.#hasFailed = true;
      this.#fail(undefined, emit);
      return;
    }
    this.#isStopped = true;
    const finish = decodeFinish(event['stopReason'], event['additionalModelResponseFields']);
    emit({ type: 'finish', choice: 0, finish });
  }

  /** What the answer took is told after its end, here too. */
  #fail(metadata: JsonObject | undefined, emit: Emit): void {
    const usage = decodeUsage(metadata?.['usage']);
    emit({ type: 'error', data: UNFINISHED_ANSWER, ...(usage && { usage }) });
  }

  #readMetadata(event: JsonObject, emit: Emit): void {
    this.#start(emit);
    const usage = decodeUsage(event['usage']);
    const tier = decodeServiceTier(event['serviceTier']);
    if (usage) emit({ type: 'usage', usage, ...(tier !== undefined && { serviceTier: tier }) });
    if (!this.#isStopped) return;
    this.#isOver = true;
    emit({ type: 'end' });
  }
}

/** The exception in the form in which AWS writes it where it has no headers. */
function errorData(name: string, data: Buffer): Buffer {
  const text = data.toString('utf8');
  let body: JsonObject;
  try {
    body = asObject(JSON.parse(text)) ?? { message: text };
  } catch {
    body = { message: text };
  }
  return Buffer.from(JSON.stringify({ __type: name, ...body }));
}
