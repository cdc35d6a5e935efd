import type { JsonObject } from '../../src/canonical/json.ts';
import { isObject } from '../../src/canonical/json.ts';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { parseExact } from '../../src/framing/exact-json.ts';
import { readChatRecordings } from '../fidelity/chat-recordings.ts';

/** Real bodies and streams of one wire, to be damaged. */
export interface RecordedSeeds {
  readonly requests: readonly JsonObject[];
  readonly answers: readonly JsonObject[];
  readonly streams: readonly Buffer[];
}

/** So many of each are taken, from all over the recordings: more would cost time and find little. */
const MOST = 60;
const LONGEST_BYTES = 60_000;

/** What was recorded of each wire; empty when there are no recordings. */
export function recordedSeeds(): Readonly<Record<ProtocolName, RecordedSeeds>> {
  const good = readChatRecordings().filter(({ status, reply }) => status === 200 && reply.length < LONGEST_BYTES);
  const entries = protocolNames.map((wire) => {
    const own = good.filter((recording) => recording.wire === wire);
    const seeds: RecordedSeeds = {
      requests: sample(own.flatMap(({ request }) => (request.length < LONGEST_BYTES ? objectIn(request) : []))),
      answers: sample(own.flatMap(({ isStream, reply }) => (isStream ? [] : objectIn(reply.toString('utf8'))))),
      streams: sample(own.flatMap(({ isStream, reply }) => (isStream ? [reply] : []))),
    };
    return [wire, seeds] as const;
  });
  return Object.fromEntries(entries) as Record<ProtocolName, RecordedSeeds>;
}

function sample<T>(values: readonly T[]): readonly T[] {
  const step = Math.max(1, Math.floor(values.length / MOST));
  return values.filter((_, index) => index % step === 0);
}

function objectIn(text: string): JsonObject[] {
  try {
    const value = parseExact(text);
    return isObject(value) ? [value] : [];
  } catch {
    return [];
  }
}
