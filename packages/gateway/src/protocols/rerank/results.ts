import { GatewayError } from '../../canonical/gateway-error.ts';
import { asCount, asObject, asString, type JsonObject } from '../../canonical/json.ts';
import { toNumber } from '../../framing/exact-json.ts';
import { decodeInputUsage, decodePassedUsage } from '../input-usage.ts';
import type { OperationAnswer } from '../operation-answers.ts';
import type { RerankAnswer, RerankRequest, RerankResult } from './rerank-wire.ts';

/** What all of these wires have in common: `results` of an index and a score, best first. */
export function decodeRerankAnswer(body: JsonObject, request: RerankRequest): RerankAnswer {
  const meta = asObject(body['meta']);
  return {
    id: asString(body['id']),
    model: asString(body['model']),
    results: decodeResults(body['results'], request),
    usage: decodeInputUsage(body['usage']) ?? decodeInputUsage(meta?.['tokens']),
    searchUnits: asCount(asObject(meta?.['billed_units'])?.['search_units']),
  };
}

/** Of servers that speak these wires some call the results otherwise. */
export const rerankAnswer: OperationAnswer = {
  members: { essential: [], usage: 'usage', model: 'model' },
  decodeUsage: decodePassedUsage,
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
