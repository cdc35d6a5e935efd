import { isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { toNumber } from '../../framing/exact-json.ts';

/** Log probabilities as the vocabulary has them (OpenAI's way), out of `logprobsResult`. */
export function decodeLogprobs(value: unknown): JsonObject | undefined {
  if (!isObject(value)) return undefined;
  const chosen = objectsIn(value['chosenCandidates']);
  if (chosen.length === 0) return undefined;
  const tops = objectsIn(value['topCandidates']);
  const content = chosen.map((candidate, index) => ({
    ...tokenOf(candidate),
    top_logprobs: objectsIn(tops[index]?.['candidates']).map(tokenOf),
  }));
  return { content };
}

/** `logprobsResult` of a whole answer; undefined where there are none. */
export function encodeLogprobs(value: unknown): JsonObject | undefined {
  const content = isObject(value) ? objectsIn(value['content']) : [];
  if (content.length === 0) return undefined;
  return {
    topCandidates: content.map((entry) => ({ candidates: objectsIn(entry['top_logprobs']).map(candidateOf) })),
    chosenCandidates: content.map(candidateOf),
  };
}

function tokenOf(candidate: JsonObject): JsonObject {
  const token = typeof candidate['token'] === 'string' ? candidate['token'] : '';
  return { token, logprob: toNumber(candidate['logProbability']) ?? 0, bytes: [...Buffer.from(token)] };
}

function candidateOf(entry: JsonObject): JsonObject {
  return { token: entry['token'], logProbability: entry['logprob'] };
}
