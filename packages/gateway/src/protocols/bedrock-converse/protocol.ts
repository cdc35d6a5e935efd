import { pathSegment } from '../path-segment.ts';
import type { Protocol } from '../protocol.ts';
import { decodeAnswer } from './decode-answer.ts';
import { decodeRequest, readFacts } from './decode-request.ts';
import { encodeAnswer } from './encode-answer.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeError, encodeErrorEvent } from './errors.ts';
import { faultOf } from './finish-reason.ts';
import { readModel, takesPrefill } from './model-family.ts';
import { CARRIED } from './parts.ts';
import { BedrockStreamDecoder } from './stream-decoder.ts';
import { BedrockStreamEncoder } from './stream-encoder.ts';
import { fieldNames, support, toolNames } from './support.ts';
import { decodeServiceTier, decodeUsage } from './usage.ts';
import { WIRE } from './wire.ts';

/**
 * Amazon Bedrock's Converse API: `POST /model/{id}/converse` and `/converse-stream`. The path names the model and tells
 * whether a stream is wanted. See https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html.
 */
const bedrockConverse: Protocol = {
  name: WIRE,
  framing: 'aws-event-stream',
  streamType: 'application/vnd.amazon.eventstream',
  client: {
    readFacts,
    decodeRequest,
    encodeAnswer,
    createStreamEncoder: () => new BedrockStreamEncoder(),
    encodeError,
    encodeErrorEvent,
    // Which exception it is stands in a header; a body alone tells its clients nothing that they could go by.
    isErrorBody: () => false,
    foreignMarks: ['gw-sig:', 'gw-part:', CARRIED],
    fieldNames,
  },
  upstream: {
    modelIn: 'path',
    pathOf: ({ model, stream }) => (model === undefined ? undefined : answerPath(model, stream)),
    support,
    toolNames,
    encodeRequest,
    decodeAnswer,
    createStreamDecoder: () => new BedrockStreamDecoder(),
    prefill: { accepts: ({ model }) => takesPrefill(readModel(model)), excludesReasoning: true },
    decodeUsage,
    answerMembers: {
      essential: ['output'],
      usage: 'usage',
      model: undefined,
      failure: { name: 'stopReason', depth: 1, faultOf },
      tier: { name: 'serviceTier', read: decodeServiceTier },
    },
  },
};

export default bedrockConverse;

/** Ids and ARNs are one segment, colons and slashes encoded, as AWS's clients send them. */
function answerPath(model: string, isStream: boolean): string {
  return `/model/${pathSegment(model)}/converse${isStream ? '-stream' : ''}`;
}
