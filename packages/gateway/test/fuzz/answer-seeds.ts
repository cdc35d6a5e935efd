import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { anthropicMessages, cohereChat, openaiResponses } from './named-event-seeds.ts';
import type { AnswerSeed, WireFrame } from './wire-stream.ts';

const unnamed = (...events: readonly object[]): WireFrame[] =>
  events.map((event) => ({ name: '', data: JSON.stringify(event) }));
const done: WireFrame = { name: '', data: '[DONE]' };

const chunk = (delta: object, finish_reason: string | null = null, index = 0) => ({
  id: 'c-1',
  object: 'chat.completion.chunk',
  created: 1_760_000_000,
  model: 'm-1',
  choices: [{ index, delta, logprobs: null, finish_reason }],
});
const fragment = (index: number, text: string, head: object = {}) => ({
  tool_calls: [{ index, ...head, function: { ...('id' in head ? { name: 'weather' } : {}), arguments: text } }],
});
const chatUsage = {
  prompt_tokens: 10,
  completion_tokens: 5,
  total_tokens: 15,
  prompt_tokens_details: { cached_tokens: 3 },
};

const openaiChat: AnswerSeed = {
  frames: [
    ...unnamed(
      chunk({ role: 'assistant', content: '' }),
      chunk({ reasoning_content: 'Let me' }),
      chunk({ reasoning_content: ' see.' }),
      chunk({ content: 'Grüß 😀 ' }),
      chunk({ content: 'dich' }),
      chunk(fragment(0, '', { id: 'call_1', type: 'function' })),
      chunk(fragment(0, '{"city":')),
      chunk(fragment(1, '{"ci', { id: 'call_2', type: 'function' })),
      chunk(fragment(0, '"Köln"}')),
      chunk(fragment(1, 'ty":"Ulm"}')),
      chunk({}, 'tool_calls'),
      { ...chunk({}), choices: [], usage: chatUsage },
    ),
    done,
  ],
  whole: {
    id: 'c-1',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'm-1',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          reasoning_content: 'Hm.',
          content: 'Hi',
          annotations: [
            {
              type: 'url_citation',
              url_citation: { url: 'https://example.com', title: 'T', start_index: 0, end_index: 2 },
            },
          ],
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"id":12345678901234567890}' } },
          ],
        },
        logprobs: { content: [{ token: 'Hi', logprob: -0.1, bytes: [72, 105], top_logprobs: [] }] },
        finish_reason: 'tool_calls',
      },
    ],
    usage: chatUsage,
  },
};

const candidate = (parts: readonly object[], more: object = {}) => ({
  candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
  modelVersion: 'm-1',
  responseId: 'r-1',
});
const metadata = {
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 3, thoughtsTokenCount: 2, totalTokenCount: 15 },
};

const gemini: AnswerSeed = {
  frames: unnamed(
    candidate([{ text: 'Hm.', thought: true }]),
    candidate([{ text: 'Grüß ' }]),
    candidate([{ text: 'dich' }, { text: '', thoughtSignature: 'Eqo=' }]),
    candidate([{ functionCall: { name: 'weather', args: { city: 'Köln' } }, thoughtSignature: 'Emw=' }]),
    candidate([
      { executableCode: { language: 'PYTHON', code: '1' } },
      { inlineData: { mimeType: 'image/png', data: 'iVBO' } },
    ]),
    { ...candidate([{ text: '' }], { finishReason: 'STOP' }), ...metadata },
  ),
  whole: {
    ...candidate([{ text: 'Hi' }, { functionCall: { id: 'c', name: 'weather', args: { id: 1 } } }], {
      finishReason: 'STOP',
      groundingMetadata: {
        groundingChunks: [{ web: { uri: 'https://example.com', title: 'T' } }],
        groundingSupports: [{ segment: { startIndex: 0, endIndex: 2, text: 'Hi' }, groundingChunkIndices: [0] }],
      },
      logprobsResult: {
        topCandidates: [{ candidates: [{ token: 'Hi', logProbability: -0.1 }] }],
        chosenCandidates: [{ token: 'Hi', logProbability: -0.1 }],
      },
    }),
    ...metadata,
  },
};

const converse = (name: string, event: object): WireFrame => ({ name, data: JSON.stringify(event) });
const blockDelta = (contentBlockIndex: number, value: object) =>
  converse('contentBlockDelta', { contentBlockIndex, delta: value });
const blockStop = (contentBlockIndex: number) => converse('contentBlockStop', { contentBlockIndex });
const converseUsage = { inputTokens: 7, outputTokens: 5, totalTokens: 15, cacheReadInputTokens: 3 };

const bedrockConverse: AnswerSeed = {
  frames: [
    converse('messageStart', { role: 'assistant' }),
    blockDelta(0, { reasoningContent: { text: 'Hm.' } }),
    blockDelta(0, { reasoningContent: { signature: 'Eqo=' } }),
    blockStop(0),
    blockDelta(1, { text: 'Grüß ' }),
    blockDelta(1, { text: 'dich' }),
    blockDelta(1, { citation: { title: 'T', location: { documentChar: { documentIndex: 0, start: 0, end: 1 } } } }),
    blockStop(1),
    converse('contentBlockStart', {
      contentBlockIndex: 2,
      start: { toolUse: { toolUseId: 'tooluse_1', name: 'weather' } },
    }),
    blockDelta(2, { toolUse: { input: '{"a":' } }),
    blockDelta(2, { toolUse: { input: '1.0}' } }),
    blockStop(2),
    converse('messageStop', { stopReason: 'tool_use' }),
    converse('metadata', { usage: converseUsage, metrics: { latencyMs: 1 } }),
  ],
  whole: {
    output: {
      message: {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'Eqo=' } } },
          { reasoningContent: { redactedContent: 'Emw=' } },
          { text: 'Hi' },
          { toolUse: { toolUseId: 'tooluse_1', name: 'weather', input: { id: 1 } } },
        ],
      },
    },
    stopReason: 'tool_use',
    usage: converseUsage,
    metrics: { latencyMs: 1 },
  },
};

export const answerSeeds: Readonly<Record<ProtocolName, AnswerSeed>> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  gemini,
  'bedrock-converse': bedrockConverse,
  'cohere-chat': cohereChat,
};

/** What the frame says that makes an answer whole by the rules of its wire. */
export const wholeBy: Readonly<Record<ProtocolName, (frame: WireFrame) => boolean>> = {
  'openai-chat': ({ data }) => /"finish_reason":\s*"/.test(data) || data === '[DONE]',
  'openai-responses': ({ name, data }) =>
    /"type":\s*"response\.(?:completed|incomplete)"/.test(data) || /^response\.(?:completed|incomplete)$/.test(name),
  'anthropic-messages': ({ name, data }) => name === 'message_stop' || /"type":\s*"message_stop"/.test(data),
  gemini: ({ data }) => /"(?:finishReason|blockReason)":/.test(data),
  'bedrock-converse': ({ name }) => name === 'messageStop',
  'cohere-chat': ({ data }) => /"type":\s*"message-end"/.test(data),
};
