import { asCount, asObject, asString, isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import type { StreamFrame } from '../protocol.ts';
import { finishWord } from './decode-answer.ts';

/** What the chunks of a stream say that no event tells. */
export interface SentChunks {
  /** `null` where every chunk says that there is none. */
  readonly fingerprint: string | null | undefined;
  /** Where reasoning stands. */
  readonly reasoningMember: 'reasoning_content' | 'reasoning';
  /** It stands in `reasoning_details` as well. */
  readonly hasDetails: boolean;
  readonly choices: ReadonlyMap<number, SentChoice>;
  /** A chunk that holds usage only was sent. */
  readonly hasUsage: boolean;
  /** Speech was sent, which comes in pieces that nothing can go on with. */
  readonly isSpoken: boolean;
}

export interface SentChoice {
  /** Numbers of its calls, in the order in which they began. */
  readonly calls: readonly number[];
  /** The word for why it ended. */
  readonly finish: string | undefined;
}

interface CallMark {
  readonly index: number;
  readonly id: string;
}

/** Reads what went to a caller of this wire. Throws SyntaxError for what is none of it. */
export function readSentChunks(frames: readonly StreamFrame[]): SentChunks {
  const choices = new Map<number, { calls: CallMark[]; finish: string | undefined }>();
  let fingerprint: string | null | undefined;
  let reasoningMember: SentChunks['reasoningMember'] = 'reasoning_content';
  let hasDetails = false;
  let hasUsage = false;
  let isSpoken = false;
  for (const chunk of frames.flatMap(readChunk)) {
    fingerprint ??= asString(chunk['system_fingerprint']) ?? (chunk['system_fingerprint'] === null ? null : undefined);
    const sent = objectsIn(chunk['choices']);
    hasUsage ||= sent.length === 0 && isObject(chunk['usage']);
    for (const [position, choice] of sent.entries()) {
      const index = asCount(choice['index']) ?? position;
      const known = choices.get(index) ?? { calls: [], finish: undefined };
      choices.set(index, known);
      known.finish ??= finishWord(choice);
      const delta = asObject(choice['delta']) ?? {};
      isSpoken ||= isObject(delta['audio']);
      hasDetails ||= objectsIn(delta['reasoning_details']).length > 0;
      if (typeof delta['reasoning'] === 'string' && delta['reasoning_content'] === undefined) {
        reasoningMember = 'reasoning';
      }
      for (const call of objectsIn(delta['tool_calls'])) noteCall(known.calls, call);
    }
  }
  const told = [...choices].map(
    ([index, { calls, finish }]) => [index, { calls: calls.map((call) => call.index), finish }] as const,
  );
  return { fingerprint, reasoningMember, hasDetails, choices: new Map(told), hasUsage, isSpoken };
}

/** A call begins with its name; of those that share a number the ids differ. */
function noteCall(calls: CallMark[], call: JsonObject): void {
  const holder = asObject(call['function']) ?? asObject(call['custom']) ?? {};
  const id = asString(call['id']) ?? '';
  if (asString(holder['name']) === undefined && id === '') return;
  const index = asCount(call['index']) ?? calls.length;
  const isKnown = calls.some((one) => one.index === index && (id === '' || one.id === '' || one.id === id));
  if (!isKnown) calls.push({ index, id });
}

function readChunk({ data }: StreamFrame): JsonObject[] {
  const text = data.toString('utf8').trim();
  if (text === '' || text === '[DONE]') return [];
  const chunk: unknown = JSON.parse(text);
  return isObject(chunk) ? [chunk] : [];
}
