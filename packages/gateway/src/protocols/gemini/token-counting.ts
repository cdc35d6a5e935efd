import { asCount, asObject } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { pickMembers } from '../pick-members.ts';
import type { TokenCounting } from '../token-counting.ts';
import { decodeRequest, readFacts } from './decode-request.ts';
import { encodeRequest } from './encode-request.ts';
import { modelResource } from './model-path.ts';

const counted = ['contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig'];
/** The same where they stand in the body itself (Vertex AI's reference, "publishers.models.countTokens"). */
const countedBare = ['contents', 'systemInstruction', 'tools', 'generationConfig'];

/** `:countTokens`. A whole request to be counted stands in `generateContentRequest`; without it only contents are. */
export const geminiTokenCounting: TokenCounting = {
  decodeRequest(body) {
    const whole = asObject(body['generateContentRequest']) ?? asObject(body['generate_content_request']) ?? body;
    return decodeRequest(whole, readFacts(whole));
  },
  encodeCount: (tokens) => Buffer.from(JSON.stringify({ totalTokens: tokens })),
  pathBeside: (answers) => answers.replace(/:generateContent$/, ':countTokens'),
  encodeRequest(request, context) {
    const encoded = encodeRequest(request, context);
    if (context.quirks.refusedMembers?.includes('generateContentRequest')) {
      return Buffer.from(writeExact(pickMembers(encoded, countedBare)));
    }
    const whole = pickMembers(encoded, counted);
    const model = context.model && modelResource(context.model);
    return Buffer.from(writeExact({ generateContentRequest: { model, ...whole } }));
  },
  decodeCount: (body) => asCount(body['totalTokens']),
};
