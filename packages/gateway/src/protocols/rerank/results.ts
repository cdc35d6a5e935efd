import { GatewayError } from '../../canonical/gateway-error.ts';
import { asCount, asObject, asString, asTokens, hasNoCount, type JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import { toNumber } from '../../framing/exact-json.ts';
import { decodeUsage as decodeUsualUsage } from '../openai-chat/usage.ts';
import type { OperationAnswer } from '../operation-answers.ts';
import type { RerankAnswer, RerankRequest, RerankResult } from './rerank-wire.ts';

/** What all of these wires have in common: `results` of an index and a score, best first. */
export function decodeRerankAnswer(body: JsonObject, request: RerankRequest): RerankAnswer {
  const meta = asObject(body['meta']);
  return {
    id: asString(body['id']),
    model: asString(body['model']),
    results: decodeResults(body['results'], request),
    usage: decodeRerankUsage(body['usage']) ?? decodeRerankUsage(meta?.['tokens']),
    searchUnits: asCount(asObject(meta?.['billed_units'])?.['search_units']),
  };
}

/** Of servers that speak these wires some call the results otherwise. */
export const rerankAnswer: OperationAnswer = {
  members: { essential: [], usage: 'usage', model: 'model' },
  decodeUsage: (usage) => decodeUsualUsage(usage) ?? decodeRerankUsage(usage),
};

/** Some servers give them in the order of the documents: https://github.com/mudler/LocalAI/issues/7189 */
function decodeResults(results: unknown, { documents }: RerankRequest): readonly RerankResult[] {
  if (!Array.isArray(results)) throw malformed('no results');
  const decoded = results.map((item: unknown): RerankResult => {
    const result = asObject(item);
    const index = asCount(result?.['index']);
    const score = toNumber(result?.['relevance_score']);
    if (index === undefined || score === undefined) throw malformed('a result without an index or a score');
    if (index >= documents.length) throw malformed('a result for a document that was not sent');
    return { index, score };
  });
  return decoded.sort((one, other) => other.score - one.score);
}

function malformed(what: string): GatewayError {
  return new GatewayError('upstream_malformed', `The upstream answered with ${what}.`);
}

/** Tokens under the names that these wires use. Some count the question and the documents in `total_tokens` only. */
export function decodeRerankUsage(value: unknown): Usage | undefined {
  const usage = asObject(value);
  if (usage === undefined || hasNoCount(usage, counts)) return undefined;
  const input = asTokens(usage['prompt_tokens']) ?? asTokens(usage['input_tokens']) ?? asTokens(usage['total_tokens']);
  return input === undefined ? undefined : { input, output: 0 };
}

const counts = ['prompt_tokens', 'input_tokens', 'total_tokens'] as const;
