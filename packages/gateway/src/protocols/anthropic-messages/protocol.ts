import type { Protocol } from '../protocol.ts';
import { decodeAnswer } from './decode-answer.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeAnswer } from './encode-answer.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeError, encodeErrorEvent, isErrorBody } from './errors.ts';
import { fieldNames, support, toolNames } from './feature-support.ts';
import { modelTraits } from './model-traits.ts';
import { readFacts } from './read-facts.ts';
import { MessagesStreamDecoder } from './stream-decoder.ts';
import { MessagesStreamEncoder } from './stream-encoder.ts';
import { decodeAnsweredTier, decodeUsage } from './usage.ts';
import { WIRE } from './wire.ts';

/** Anthropic's Messages: `POST /v1/messages`. */
const anthropicMessages: Protocol = {
  name: WIRE,
  framing: 'sse',
  streamType: 'text/event-stream; charset=utf-8',
  client: {
    readFacts,
    decodeRequest,
    encodeAnswer,
    createStreamEncoder: (context) => new MessagesStreamEncoder(context),
    encodeError,
    isErrorBody,
    encodeErrorEvent,
    // Thinking of models that sign none has an empty signature, which Anthropic's own refuse.
    foreignMarks: ['gw-sig:', 'gw-part:', '"signature":""', '"signature": ""'],
    fieldNames,
  },
  upstream: {
    modelIn: 'body',
    requestHeaders: ['anthropic-version', '2023-06-01'],
    pathOf: () => '/v1/messages',
    support,
    toolNames,
    encodeRequest,
    decodeAnswer,
    createStreamDecoder: () => new MessagesStreamDecoder(),
    prefill: {
      accepts: ({ model, quirks }) => quirks.assistantPrefill !== undefined || modelTraits(model).takesPrefill,
      excludesReasoning: true,
    },
    decodeUsage,
    answerMembers: {
      essential: ['content'],
      usage: 'usage',
      model: 'model',
      tier: { name: 'usage', read: decodeAnsweredTier },
    },
  },
};

export default anthropicMessages;
