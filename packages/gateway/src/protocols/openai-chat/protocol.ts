import { asString } from '../../canonical/json.ts';
import { errorReply } from '../error-reply.ts';
import type { Protocol } from '../protocol.ts';
import { decodeAnswer } from './decode-answer.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeAnswer } from './encode-answer.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeError, encodeErrorEvent, isOpenAiError } from './errors.ts';
import { faultOf } from './finish-reason.ts';
import { readFacts } from './read-facts.ts';
import { ChatStreamDecoder } from './stream-decoder.ts';
import { ChatStreamEncoder } from './stream-encoder.ts';
import { ChatStreamReader } from './stream-reader.ts';
import { fieldNames, support, toolNames } from './support.ts';
import { decodeUsage } from './usage.ts';

/** OpenAI's first chat wire, `POST /v1/chat/completions`, which some twenty providers speak besides. */
export default {
  name: 'openai-chat',
  framing: 'sse',
  streamType: 'text/event-stream; charset=utf-8',
  client: {
    readFacts,
    decodeRequest,
    encodeAnswer,
    createStreamEncoder: (context) => new ChatStreamEncoder(context),
    encodeError: (error) => errorReply(error, encodeError(error)),
    encodeErrorEvent,
    isErrorBody: isOpenAiError,
    foreignMarks: ['gw-sig:'],
    fieldNames,
  },
  upstream: {
    modelIn: 'body',
    pathOf: () => '/v1/chat/completions',
    support,
    toolNames,
    encodeRequest,
    decodeAnswer,
    createStreamDecoder: (context) => new ChatStreamDecoder(context),
    createStreamReader: (options) => new ChatStreamReader(options),
    hasStreamOptions: true,
    prefill: { accepts: ({ quirks }) => quirks.assistantPrefill !== undefined, excludesReasoning: false },
    decodeUsage,
    answerMembers: {
      essential: ['choices'],
      usage: 'usage',
      model: 'model',
      tier: { name: 'service_tier', read: asString },
      failure: { name: 'finish_reason', depth: 3, faultOf },
    },
  },
} satisfies Protocol;
