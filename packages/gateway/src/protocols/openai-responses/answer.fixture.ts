import type { ChatRequest } from '../../canonical/conversation.ts';
import type { AnswerContext } from '../protocol.ts';

/** An answer as the wire tells it in a stream and at once, after the examples of OpenAI's API reference. */
export const unaryAnswer = {
  id: 'resp_67ccd2bed1ec8190',
  object: 'response',
  created_at: 1741476542,
  status: 'completed',
  error: null,
  incomplete_details: null,
  instructions: null,
  model: 'gpt-5.1-2025-11-13',
  output: [
    {
      id: 'rs_6876cf02e0bc8192',
      type: 'reasoning',
      summary: [
        { type: 'summary_text', text: '**Thinking of weather**\n\nTwo places.' },
        { type: 'summary_text', text: 'Ask “both”.' },
      ],
      encrypted_content: 'gAAAAABo+/cipher==',
    },
    {
      id: 'msg_67ccd2bf17f08190',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      phase: 'commentary',
      content: [
        {
          type: 'output_text',
          text: 'Grüße 👋, see [1].',
          annotations: [
            { type: 'url_citation', start_index: 13, end_index: 16, url: 'https://example.com/a', title: 'A page' },
          ],
          logprobs: [],
        },
        { type: 'refusal', refusal: 'No more of that.' },
      ],
    },
    {
      id: 'fc_67ca09c6bedc8190',
      type: 'function_call',
      status: 'completed',
      arguments: '{"city":"Köln","id":12345678901234567890}',
      call_id: 'call_1',
      name: 'get_weather',
    },
    {
      id: 'ctc_1',
      type: 'custom_tool_call',
      status: 'completed',
      input: 'print("hi")\n',
      call_id: 'call_2',
      name: 'run',
    },
    { id: 'ws_1', type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'weather' } },
  ],
  parallel_tool_calls: true,
  service_tier: 'default',
  store: false,
  temperature: 1.0,
  tool_choice: 'auto',
  tools: [],
  usage: {
    input_tokens: 328,
    input_tokens_details: { cached_tokens: 128, cache_write_tokens: 64 },
    output_tokens: 52,
    output_tokens_details: { reasoning_tokens: 21 },
    total_tokens: 380,
  },
};

const { id, object, created_at, model, service_tier } = unaryAnswer;
const begun = { id, object, created_at, model, service_tier, status: 'in_progress', output: [], usage: null };
const [reasoning, message, call, custom, search] = unaryAnswer.output;
const [text, refusal] = message!.content!;
const inText = { item_id: message!.id, output_index: 1, content_index: 0 };
const inRefusal = { item_id: message!.id, output_index: 1, content_index: 1 };
const inReasoning = { item_id: reasoning!.id, output_index: 0 };
const inCall = { item_id: call!.id, output_index: 2 };
const inCustom = { item_id: custom!.id, output_index: 3 };

const events: readonly object[] = [
  { type: 'response.created', response: begun },
  { type: 'response.in_progress', response: begun },
  { type: 'response.output_item.added', output_index: 0, item: { ...reasoning, summary: [] } },
  ...summaryEvents(0, ['**Thinking of weather**', '\n\nTwo places.']),
  ...summaryEvents(1, ['Ask “b', 'oth”.']),
  { type: 'response.output_item.done', output_index: 0, item: reasoning },
  { type: 'response.output_item.added', output_index: 1, item: { ...message, status: 'in_progress', content: [] } },
  {
    type: 'response.content_part.added',
    ...inText,
    part: { type: 'output_text', text: '', annotations: [], logprobs: [] },
  },
  { type: 'response.output_text.delta', ...inText, delta: 'Grüße ', logprobs: [], obfuscation: 'x1' },
  { type: 'response.output_text.delta', ...inText, delta: '👋, see [1].', logprobs: [], obfuscation: '' },
  { type: 'response.output_text.annotation.added', ...inText, annotation_index: 0, annotation: text!.annotations![0] },
  { type: 'response.output_text.done', ...inText, text: text!.text, logprobs: [] },
  { type: 'response.content_part.done', ...inText, part: text },
  { type: 'response.content_part.added', ...inRefusal, part: { type: 'refusal', refusal: '' } },
  { type: 'response.refusal.delta', ...inRefusal, delta: 'No more' },
  { type: 'response.refusal.delta', ...inRefusal, delta: ' of that.' },
  { type: 'response.refusal.done', ...inRefusal, refusal: refusal!.refusal },
  { type: 'response.content_part.done', ...inRefusal, part: refusal },
  { type: 'response.output_item.done', output_index: 1, item: message },
  { type: 'response.output_item.added', output_index: 2, item: { ...call, status: 'in_progress', arguments: '' } },
  { type: 'response.function_call_arguments.delta', ...inCall, delta: '{"city":"Köln","id":123' },
  { type: 'response.function_call_arguments.delta', ...inCall, delta: '45678901234567890}' },
  { type: 'response.function_call_arguments.done', ...inCall, arguments: call!.arguments },
  { type: 'response.output_item.done', output_index: 2, item: call },
  { type: 'response.output_item.added', output_index: 3, item: { ...custom, status: 'in_progress', input: '' } },
  { type: 'response.custom_tool_call_input.delta', ...inCustom, delta: custom!.input },
  { type: 'response.custom_tool_call_input.done', ...inCustom, input: custom!.input },
  { type: 'response.output_item.done', output_index: 3, item: custom },
  { type: 'response.output_item.added', output_index: 4, item: { ...search, status: 'in_progress' } },
  { type: 'response.web_search_call.searching', item_id: search!.id, output_index: 4 },
  { type: 'response.output_item.done', output_index: 4, item: search },
  { type: 'response.completed', response: unaryAnswer },
];

/** The stream as bytes. */
export const streamedAnswer: Buffer = streamOf(events);

/** Events as a server sends them. */
export function streamOf(list: readonly object[]): Buffer {
  const frames = list.map((event, sequence_number) => {
    const { type } = event as { type?: string };
    return `event: ${type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`;
  });
  return Buffer.from(frames.join(''));
}

function summaryEvents(summary_index: number, deltas: readonly string[]): object[] {
  const place = { ...inReasoning, summary_index };
  const whole = deltas.join('');
  return [
    { type: 'response.reasoning_summary_part.added', ...place, part: { type: 'summary_text', text: '' } },
    ...deltas.map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...place, delta })),
    { type: 'response.reasoning_summary_text.done', ...place, text: whole },
    { type: 'response.reasoning_summary_part.done', ...place, part: { type: 'summary_text', text: whole } },
  ];
}

/** A request of which nothing is asked but what a test says. */
export function requestOf(members: Partial<ChatRequest> = {}): ChatRequest {
  return {
    origin: 'openai-responses',
    stream: false,
    turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
    tools: [],
    toolChoice: undefined,
    parallelToolCalls: undefined,
    maxOutputTokens: undefined,
    temperature: undefined,
    topP: undefined,
    topK: undefined,
    frequencyPenalty: undefined,
    presencePenalty: undefined,
    stopSequences: [],
    seed: undefined,
    choices: undefined,
    logprobs: undefined,
    logitBias: undefined,
    reasoning: undefined,
    outputFormat: undefined,
    verbosity: undefined,
    modalities: undefined,
    audioOutput: undefined,
    serviceTier: undefined,
    user: undefined,
    metadata: undefined,
    store: undefined,
    previousResponseId: undefined,
    promptCacheKey: undefined,
    prediction: undefined,
    safetySettings: undefined,
    unknownMembers: [],
    ...members,
  };
}

export function contextOf(members: Partial<AnswerContext> = {}): AnswerContext {
  return {
    id: 'x1',
    model: 'asked',
    created: 1700000000,
    includeUsage: true,
    isSse: true,
    request: requestOf(),
    ...members,
  };
}
