import { GatewayError } from '../../canonical/gateway-error.ts';
import { asCount, asObject, asString, type JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import { toNumber } from '../../framing/exact-json.ts';
import { decodeInputUsage, decodePassedUsage } from '../input-usage.ts';
import type { OperationAnswer } from '../operation-answers.ts';
import type { RerankAnswer, RerankRequest, RerankResult } from './rerank-wire.ts';
import { withSearchUnits } from './search-units.ts';

/** What all of these wires have in common: `results` of an index and a score, best first. */
export function decodeRerankAnswer(body: JsonObject, request: RerankRequest): RerankAnswer {
  const meta = asObject(body['meta']);
  const usage = asObject(body['usage']);
  return {
    id: asString(body['id']),
    model: asString(body['model']),
    results: decodeResults(body['results'], request),
    usage: decodeMetaUsage(meta) ?? withSearchUnits(decodeInputUsage(usage), usage?.['search_units']),
  };
}

/** What Cohere tells: the searches that it charges for, and the tokens on some of its answers. */
export function decodeMetaUsage(value: unknown): Usage | undefined {
  const meta = asObject(value);
  return withSearchUnits(decodeInputUsage(meta?.['tokens']), asObject(meta?.['billed_units'])?.['search_units']);
}

/**
 * Of servers that speak these wires some call the results otherwise. Where Cohere's models are behind one, it may tell their
 * searches: https://openrouter.ai/docs/agent-sdk/typescript/api-reference/operations/creatererankusage
 */
export const rerankAnswer: OperationAnswer = {
  members: { essential: [], usage: 'usage', model: 'model' },
  decodeUsage: (usage) => withSearchUnits(decodePassedUsage(usage), asObject(usage)?.['search_units']),
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
