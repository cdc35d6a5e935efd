import { asCount, asObject, asString, isObject, type JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import type { DecodeContext, StreamDecoder, StreamFrame } from '../protocol.ts';
import { UNFINISHED_ANSWER } from '../unfinished-answer.ts';
import { ChoiceDecoder } from './choice-decoder.ts';
import { readSources } from './citations.ts';
import { finishWord, madeId } from './decode-answer.ts';
import { faultOf } from './finish-reason.ts';
import type { Emit, PartCounter } from './part-queue.ts';
import { decodeUsage } from './usage.ts';

const OPEN_BRACE = 123;

/**
 * Reads a stream of `/v1/chat/completions`. A choice's finish is held back until the stream ends: several providers
 * send more of an answer, or the finish once again, in the chunks after it.
 */
export class ChatStreamDecoder implements StreamDecoder {
  readonly #expected: number;
  readonly #counter: PartCounter = { count: 0 };
  readonly #makeId: () => string;
  readonly #choices: (ChoiceDecoder | undefined)[] = [];
  #hasStarted = false;
  /** Nothing more may be emitted. */
  #isOver = false;
  #hasEnded = false;
  #id: string | undefined;
  #model: string | undefined;
  #created: number | undefined;
  #usage: Usage | undefined;
  /** The latest chunk that named sources: Perplexity repeats them in every one. */
  #sources: JsonObject | undefined;

  constructor({ idSeed, choices = 1 }: DecodeContext) {
    this.#expected = choices;
    let made = 0;
    this.#makeId = () => madeId(idSeed, made++);
  }

  get isFinished(): boolean {
    return this.#hasEnded || this.#areAllFinished();
  }

  read({ name, data }: StreamFrame, emit: Emit): void {
    if (this.#isOver) return;
    if (name === 'error') {
      this.#fail(data, emit);
      return;
    }
    if (data[0] !== OPEN_BRACE) {
      const text = data.toString('utf8').trim();
      if (text === '') {
        emit({ type: 'ping' });
        return;
      }
      if (text === '[DONE]') {
        this.#done(emit);
        return;
      }
    }
    const chunk: unknown = JSON.parse(data.toString('utf8'));
    if (!isObject(chunk)) throw new SyntaxError('A chunk of a chat stream must be a JSON object.');
    this.#readChunk(chunk, data, emit);
  }

  finish(emit: Emit): void {
    if (this.#isOver) return;
    if (this.#areAllFinished()) {
      this.#end(emit);
      return;
    }
    this.#isOver = true;
    for (const choice of this.#choices) choice?.breakOff(emit);
    if (this.#usage && this.#hasStarted) emit({ type: 'usage', usage: this.#usage });
  }

  #readChunk(chunk: JsonObject, data: Buffer, emit: Emit): void {
    if (isFailure(chunk)) {
      this.#fail(data, emit);
      return;
    }
    const choices: unknown[] = Array.isArray(chunk['choices']) ? chunk['choices'] : [];
    if (!this.#hasStarted) this.#start(chunk, choices.length > 0, emit);
    for (let position = 0; position < choices.length; position++) {
      const choice = choices[position];
      if (!isObject(choice)) continue;
      const fault = isFailure(choice) ? 'transient' : faultOf(finishWord(choice));
      if (fault !== undefined) {
        this.#fail(fault === 'unfinished' ? UNFINISHED_ANSWER : data, emit);
        return;
      }
      this.#choiceAt(asCount(choice['index']) ?? position).read(choice, emit);
    }
    if (chunk['search_results'] !== undefined || chunk['citations'] !== undefined) this.#sources = chunk;
    this.#readUsage(chunk, emit);
  }

  #start(chunk: JsonObject, hasChoices: boolean, emit: Emit): void {
    // Azure's first chunk, which holds filter results only, has neither id nor model.
    this.#id ??= asString(chunk['id']) || undefined;
    this.#model ??= asString(chunk['model']) || undefined;
    this.#created ??= asCount(chunk['created']) || undefined;
    if (!hasChoices) return;
    this.#hasStarted = true;
    const serviceTier = asString(chunk['service_tier']);
    emit({ type: 'start', id: this.#id, model: this.#model, created: this.#created, serviceTier });
  }

  #choiceAt(index: number): ChoiceDecoder {
    const known = this.#choices[index];
    if (known) return known;
    // An index beyond reason would make a list beyond reason.
    const place = index > 1023 ? 0 : index;
    const choice =
      this.#choices[place] ?? new ChoiceDecoder({ index: place, counter: this.#counter, makeId: this.#makeId });
    this.#choices[place] = choice;
    return choice;
  }

  #readUsage(chunk: JsonObject, emit: Emit): void {
    const value = chunk['usage'] ?? asObject(chunk['x_groq'])?.['usage'];
    if (!isObject(value)) return;
    const usage = decodeUsage(value);
    if (!usage) return;
    this.#usage = usage;
    // After a finish it waits for that finish; before, it is a count so far.
    if (this.#hasStarted && !this.#choices.some((choice) => choice?.isFinished)) emit({ type: 'usage', usage });
  }

  #areAllFinished(): boolean {
    let finished = 0;
    for (const choice of this.#choices) {
      if (!choice) continue;
      if (!choice.isFinished) return false;
      finished++;
    }
    return finished >= this.#expected;
  }

  /** The terminator. After nothing at all it ends no answer. */
  #done(emit: Emit): void {
    if (this.#choices.some((choice) => choice && (choice.hasSpoken || choice.isFinished))) this.#end(emit);
    else this.finish(emit);
  }

  #end(emit: Emit): void {
    this.#isOver = true;
    this.#hasEnded = true;
    if (this.#sources) for (const source of readSources(this.#sources)) this.#choices[0]?.cite(source, emit);
    for (const choice of this.#choices) choice?.close(emit);
    if (this.#usage) emit({ type: 'usage', usage: this.#usage });
    emit({ type: 'end' });
  }

  #fail(data: Buffer, emit: Emit): void {
    this.#isOver = true;
    emit({ type: 'error', data: Buffer.from(data) });
  }
}

/** An error in band: under `error`, or without an envelope as `{"object": "error", …}`. */
function isFailure(value: JsonObject): boolean {
  const { error } = value;
  if (error === undefined || error === null || error === false || error === '') return value['object'] === 'error';
  return !isObject(error) || Object.keys(error).length > 0;
}
