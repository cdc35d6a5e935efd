import { asCount } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { pathBelow } from '../path-below.ts';
import { pickMembers } from '../pick-members.ts';
import type { TokenCounting } from '../token-counting.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeRequest } from './encode-request.ts';
import { readFacts } from './read-facts.ts';

/** What the endpoint takes of a request (API reference, "Get input token counts"). */
const counted = [
  'model',
  'input',
  'previous_response_id',
  'instructions',
  'tools',
  'tool_choice',
  'reasoning',
  'text',
  'parallel_tool_calls',
];

/** `POST /v1/responses/input_tokens`. */
export const responsesTokenCounting: TokenCounting = {
  decodeRequest: (body) => decodeRequest(body, readFacts(body)),
  encodeCount: (tokens) => Buffer.from(JSON.stringify({ object: 'response.input_tokens', input_tokens: tokens })),
  pathBeside: (answers) => pathBelow(answers, 'input_tokens'),
  encodeRequest: (request, context) => Buffer.from(writeExact(pickMembers(encodeRequest(request, context), counted))),
  decodeCount: (body) => asCount(body['input_tokens']),
};
