import type { ChatEvent } from '../../canonical/chat-event.ts';
import { asCount, asString, isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import type { DecodeContext } from '../protocol.ts';
import { UNFINISHED_ANSWER } from '../unfinished-answer.ts';
import { CandidateReader, type Emit } from './candidate-reader.ts';
import { decodeAnsweredTier, decodeUsage } from './usage.ts';

/**
 * Reads an answer out of `GenerateContentResponse` objects. A whole answer is one of them, a stream many of the same
 * shape: both are read here, so that they cannot drift apart.
 *
 * There is no terminator on this wire. A candidate's last object has its `finishReason`, and the first models sent one
 * with every object; so an answer is finished when the upstream ends it and every candidate that was asked for
 * has a reason.
 */
export class AnswerReader {
  readonly #idSeed: string;
  readonly #choices: number;
  readonly #candidates = new Map<number, CandidateReader>();
  readonly #counters = { parts: 0, calls: 0 };
  #blockReason: string | undefined;
  #hasStarted = false;
  /** The tier that the beginning told. */
  #tier: string | undefined;
  #hasEnded = false;

  constructor({ idSeed, choices = 1 }: DecodeContext) {
    this.#idSeed = idSeed;
    this.#choices = choices;
  }

  read(response: JsonObject, emit: Emit): void {
    if (this.#hasEnded) return;
    const metadata = response['usageMetadata'];
    const tier = decodeAnsweredTier(metadata);
    if (!this.#hasStarted) {
      this.#hasStarted = true;
      this.#tier = tier;
      emit(startOf(response, tier));
    }
    const usage = decodeUsage(metadata);
    if (usage) emit({ type: 'usage', usage, ...(tier !== undefined && tier !== this.#tier && { serviceTier: tier }) });
    const candidates = objectsIn(response['candidates']);
    for (let position = 0; position < candidates.length; position++) {
      const candidate = candidates[position]!;
      const reader = this.#candidate(asCount(candidate['index']) ?? position);
      reader.read(candidate, emit);
      if (!reader.hasFailed) continue;
      this.abandon();
      emit({ type: 'error', data: UNFINISHED_ANSWER, usage });
      return;
    }
    const feedback = response['promptFeedback'];
    if (isObject(feedback)) this.#blockReason ??= reasonOf(feedback['blockReason']);
  }

  /** Closes what is open and ends the answer, when it is whole. */
  finish(emit: Emit): void {
    if (this.#hasEnded) return;
    const { isFinished } = this;
    this.#hasEnded = true;
    for (const candidate of this.#candidates.values()) candidate.finish(emit);
    if (this.#isBlocked) {
      emit({ type: 'finish', choice: 0, finish: { reason: 'content-filter', raw: this.#blockReason } });
    }
    if (isFinished) emit({ type: 'end' });
  }

  /** Nothing may follow what failed. */
  abandon(): void {
    this.#hasEnded = true;
    this.#candidates.clear();
    this.#blockReason = undefined;
  }

  get isFinished(): boolean {
    if (this.#isBlocked) return true;
    if (this.#candidates.size < this.#choices) return false;
    for (const { isFinished } of this.#candidates.values()) if (!isFinished) return false;
    return true;
  }

  /** The prompt was refused: there is no candidate. */
  get #isBlocked(): boolean {
    return this.#blockReason !== undefined && this.#candidates.size === 0;
  }

  #candidate(index: number): CandidateReader {
    let reader = this.#candidates.get(index);
    if (!reader) {
      reader = new CandidateReader({ index, idSeed: this.#idSeed, counters: this.#counters });
      this.#candidates.set(index, reader);
    }
    return reader;
  }
}

/** The word, or its number's digits; 0 is none. */
function reasonOf(value: unknown): string | undefined {
  return asString(value) ?? (typeof value === 'number' && value > 0 ? String(value) : undefined);
}

function startOf(response: JsonObject, serviceTier: string | undefined): ChatEvent {
  const created = Date.parse(asString(response['createTime']) ?? '');
  return {
    type: 'start',
    id: asString(response['responseId']),
    model: asString(response['modelVersion']),
    created: Number.isNaN(created) ? undefined : Math.floor(created / 1000),
    serviceTier,
  };
}
