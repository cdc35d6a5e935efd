import { asCount } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { pathBelow } from '../path-below.ts';
import { pickMembers } from '../pick-members.ts';
import type { TokenCounting } from '../token-counting.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeRequest } from './encode-request.ts';
import { readFacts } from './read-facts.ts';

/** What the endpoint takes of a request (API reference, "Count Message tokens"). */
const counted = ['model', 'messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config'];

/** `POST /v1/messages/count_tokens`. */
export const anthropicTokenCounting: TokenCounting = {
  decodeRequest: (body) => decodeRequest(body, readFacts(body)),
  encodeCount: (tokens) => Buffer.from(JSON.stringify({ input_tokens: tokens })),
  pathBeside: (answers) => pathBelow(answers, 'count_tokens'),
  encodeRequest: (request, context) => Buffer.from(writeExact(pickMembers(encodeRequest(request, context), counted))),
  decodeCount: (body) => asCount(body['input_tokens']),
};
