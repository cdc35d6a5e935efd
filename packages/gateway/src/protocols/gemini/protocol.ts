import type { Protocol } from '../protocol.ts';
import { decodeAnswer } from './decode-answer.ts';
import { decodeRequest, readFacts } from './decode-request.ts';
import { encodeAnswer } from './encode-answer.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeArrayError, encodeError, encodeErrorEvent, isErrorBody } from './errors.ts';
import { faultOf } from './finish-reason.ts';
import { methodPath } from './model-path.ts';
import { CARRIED } from './signatures.ts';
import { GeminiStreamDecoder } from './stream-decoder.ts';
import { GeminiStreamEncoder } from './stream-encoder.ts';
import { fieldNames, support, toolNames } from './support.ts';
import { decodeAnsweredTier, decodeUsage } from './usage.ts';
import { WIRE } from './wire.ts';

/** Google's `generateContent`, of the Gemini API and of Vertex AI. */
export default {
  name: WIRE,
  framing: 'sse',
  streamType: 'text/event-stream',
  client: {
    readFacts,
    decodeRequest,
    encodeAnswer,
    createStreamEncoder: (context) => new GeminiStreamEncoder(context),
    encodeError,
    encodeErrorEvent,
    encodeArrayError,
    isErrorBody,
    foreignMarks: [CARRIED],
    fieldNames,
  },
  upstream: {
    modelIn: 'path',
    pathOf: ({ model, stream }) =>
      model && methodPath(model, stream ? 'streamGenerateContent?alt=sse' : 'generateContent'),
    support,
    toolNames,
    encodeRequest,
    decodeAnswer,
    createStreamDecoder: (context) => new GeminiStreamDecoder(context),
    decodeUsage,
    answerMembers: {
      essential: ['candidates', 'promptFeedback'],
      usage: 'usageMetadata',
      model: 'modelVersion',
      failure: { name: 'finishReason', depth: 3, faultOf },
      tier: { name: 'usageMetadata', read: decodeAnsweredTier },
    },
  },
} satisfies Protocol;
