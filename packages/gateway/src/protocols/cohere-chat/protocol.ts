import { isObject } from '../../canonical/json.ts';
import type { Protocol } from '../protocol.ts';
import { decodeAnswer } from './decode-answer.ts';
import { decodeRequest, readFacts } from './decode-request.ts';
import { encodeAnswer } from './encode-answer.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeError, encodeErrorEvent } from './errors.ts';
import { faultOf } from './finish-reason.ts';
import { createStreamDecoder } from './stream-decoder.ts';
import { createStreamEncoder } from './stream-encoder.ts';
import { fieldNames, support, toolNames } from './support.ts';
import { decodeUsage } from './usage.ts';

/** Cohere's own chat, `POST /v2/chat`. */
export default {
  name: 'cohere-chat',
  framing: 'sse',
  streamType: 'text/event-stream',
  client: {
    readFacts,
    decodeRequest,
    encodeAnswer,
    createStreamEncoder,
    encodeError,
    encodeErrorEvent,
    isErrorBody: (value) => isObject(value) && typeof value['message'] === 'string',
    foreignMarks: [],
    fieldNames,
  },
  upstream: {
    modelIn: 'body',
    pathOf: () => '/v2/chat',
    support,
    toolNames,
    encodeRequest,
    decodeAnswer,
    createStreamDecoder,
    decodeUsage,
    // `message` is no sign of an answer: errors have one too.
    answerMembers: {
      essential: ['finish_reason'],
      usage: 'usage',
      model: undefined,
      failure: { name: 'finish_reason', depth: 1, faultOf },
    },
  },
} satisfies Protocol;
