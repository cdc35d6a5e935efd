import { asCount, asObject } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { pickMembers } from '../pick-members.ts';
import { invalidField } from '../request-fields.ts';
import type { TokenCounting } from '../token-counting.ts';
import { decodeRequest, readFacts } from './decode-request.ts';
import { encodeRequest } from './encode-request.ts';

const counted = ['messages', 'system', 'toolConfig', 'additionalModelRequestFields'];

/** Counts are asked of models: their profiles, by which answers come from several regions, are said not to count. */
const profileOfModel = /(\/model\/)[a-z-]+\.(?=anthropic\.)/;

/** `POST /model/{id}/count-tokens`, of a request of Converse. */
export const bedrockTokenCounting: TokenCounting = {
  decodeRequest(body) {
    const converse = asObject(asObject(body['input'])?.['converse']);
    if (converse === undefined) throw invalidField('input.converse', 'is required');
    return decodeRequest(converse, readFacts(converse));
  },
  encodeCount: (tokens) => Buffer.from(JSON.stringify({ inputTokens: tokens })),
  pathBeside: (answers) => answers.replace(profileOfModel, '$1').replace(/\/converse$/, '/count-tokens'),
  encodeRequest(request, context) {
    const converse = pickMembers(encodeRequest(request, context), counted);
    return Buffer.from(writeExact({ input: { converse } }));
  },
  decodeCount: (body) => asCount(body['inputTokens']),
};
