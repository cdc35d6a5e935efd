import type { Feature } from '../../canonical/features.ts';
import { asString } from '../../canonical/json.ts';
import { isOpenAiError } from '../openai-chat/errors.ts';
import type { Protocol } from '../protocol.ts';
import { responsesKeeping } from './answer-keeping.ts';
import { decodeAnswer, isFailedStatus } from './decode-answer.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeAnswer } from './encode-answer.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeError, encodeErrorEvent } from './errors.ts';
import { readFacts } from './read-facts.ts';
import { ResponsesStreamDecoder } from './stream-decoder.ts';
import { ResponsesStreamEncoder } from './stream-encoder.ts';
import { ResponsesStreamReader } from './stream-reader.ts';
import { support, toolNames } from './support.ts';
import { decodeUsage } from './usage.ts';

const fieldNames: Readonly<Partial<Record<Feature, string>>> = {
  temperature: 'temperature',
  topP: 'top_p',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  topLogprobs: 'top_logprobs',
  logprobs: 'include',
  reasoning: 'reasoning',
  outputJson: 'text.format',
  outputSchema: 'text.format',
  verbosity: 'text.verbosity',
  toolChoice: 'tool_choice',
  allowedTools: 'tool_choice',
  parallelToolCalls: 'parallel_tool_calls',
  strictTools: 'tools[].strict',
  customTools: 'tools',
  imageUrls: 'input[].content[].image_url',
  imageData: 'input[].content[].image_url',
  documentUrls: 'input[].content[].file_url',
  documentData: 'input[].content[].file_data',
  audioInput: 'input[].content[].input_audio',
  toolResultMedia: 'input[].output',
  cacheControl: 'prompt_cache_breakpoint',
  serviceTier: 'service_tier',
  user: 'user',
  metadata: 'metadata',
  store: 'store',
  promptCacheKey: 'prompt_cache_key',
};

/** OpenAI's Responses API. */
export default {
  name: 'openai-responses',
  framing: 'sse',
  streamType: 'text/event-stream; charset=utf-8',
  client: {
    readFacts,
    decodeRequest,
    encodeAnswer,
    createStreamEncoder: (context) => new ResponsesStreamEncoder(context),
    encodeError,
    encodeErrorEvent,
    isErrorBody: isOpenAiError,
    foreignMarks: ['gw-sig:', 'gw-attached:'],
    fieldNames,
    keeping: responsesKeeping,
  },
  upstream: {
    modelIn: 'body',
    pathOf: () => '/v1/responses',
    support,
    toolNames,
    encodeRequest,
    decodeAnswer,
    createStreamDecoder: () => new ResponsesStreamDecoder(),
    createStreamReader: () => new ResponsesStreamReader(),
    decodeUsage,
    answerMembers: {
      essential: ['output'],
      usage: 'usage',
      model: 'model',
      tier: { name: 'service_tier', read: asString },
      failure: { name: 'status', depth: 1, faultOf: (status) => (isFailedStatus(status) ? 'transient' : undefined) },
    },
  },
} satisfies Protocol;
