/** Answers as the wire has them, each whole and as a stream. */
export interface AnswerFixture {
  readonly name: string;
  readonly unary: string;
  readonly stream: string;
}

const source =
  '{"type":"document","id":"doc:0","document":{"id":"doc:0","title":"Birds","text":"The kiwi is flightless."}}';

export const citedAnswer: AnswerFixture = {
  name: 'thinking, then cited text beyond the basic plane',
  unary: `{"id":"c-1","message":{"role":"assistant","content":[{"type":"thinking","thinking":"One document says so."},{"type":"text","text":"🥝 The kiwi cannot fly."}],"citations":[{"start":2,"end":10,"text":"The kiwi","sources":[${source}],"type":"TEXT_CONTENT","content_index":1}]},"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":20,"output_tokens":9},"tokens":{"input_tokens":410,"output_tokens":15,"reasoning_tokens":5},"cached_tokens":144}}`,
  stream: [
    'event: message-start\ndata: {"id":"c-1","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}',
    'event: content-start\ndata: {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}',
    'event: content-delta\ndata: {"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"One document"}}}}',
    'event: content-delta\ndata: {"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":" says so."}}}}',
    'event: content-end\ndata: {"type":"content-end","index":0}',
    'event: content-start\ndata: {"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":""}}}}',
    'event: content-delta\ndata: {"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"🥝 The kiwi"}}}}',
    'event: content-delta\ndata: {"type":"content-delta","index":1,"delta":{"message":{"content":{"text":" cannot fly."}}}}',
    'event: content-end\ndata: {"type":"content-end","index":1}',
    // The wire may tell of a citation when the text has ended.
    `event: citation-start\ndata: {"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":2,"end":10,"text":"The kiwi","sources":[${source}],"type":"TEXT_CONTENT","content_index":1}}}}`,
    'event: citation-end\ndata: {"type":"citation-end","index":0}',
    'event: message-end\ndata: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":20,"output_tokens":9},"tokens":{"input_tokens":410,"output_tokens":15,"reasoning_tokens":5},"cached_tokens":144}}}',
    'data: [DONE]',
    '',
  ].join('\n\n'),
};

export const toolAnswer: AnswerFixture = {
  name: 'a plan and two tool calls, one without arguments',
  unary:
    '{"id":"c-2","message":{"role":"assistant","tool_plan":"I will look twice.","tool_calls":[{"id":"look_1","type":"function","function":{"name":"look","arguments":"{\\"at\\": \\"Oslo\\"}"}},{"id":"now_2","type":"function","function":{"name":"now","arguments":"{}"}}]},"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":60,"output_tokens":20},"tokens":{"input_tokens":1500,"output_tokens":90},"cached_tokens":0}}',
  stream: [
    'event: message-start\ndata: {"id":"c-2","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}',
    'event: tool-plan-delta\ndata: {"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I will"}}}',
    'event: tool-plan-delta\ndata: {"type":"tool-plan-delta","delta":{"message":{"tool_plan":" look twice."}}}',
    'event: tool-call-start\ndata: {"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"look_1","type":"function","function":{"name":"look","arguments":""}}}}}',
    'event: tool-call-delta\ndata: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\\"at\\":"}}}}}',
    'event: tool-call-delta\ndata: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":" \\"Oslo\\"}"}}}}}',
    'event: tool-call-end\ndata: {"type":"tool-call-end","index":0}',
    'event: tool-call-start\ndata: {"type":"tool-call-start","index":1,"delta":{"message":{"tool_calls":{"id":"now_2","type":"function","function":{"name":"now","arguments":""}}}}}',
    'event: tool-call-end\ndata: {"type":"tool-call-end","index":1}',
    'event: message-end\ndata: {"type":"message-end","delta":{"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":60,"output_tokens":20},"tokens":{"input_tokens":1500,"output_tokens":90},"cached_tokens":0}}}',
    'data: [DONE]',
    '',
  ].join('\n\n'),
};

export const probableAnswer: AnswerFixture = {
  name: 'text with log probabilities, cut at the limit',
  unary:
    '{"id":"c-3","message":{"role":"assistant","content":[{"type":"text","text":"Hi you"}]},"finish_reason":"MAX_TOKENS","logprobs":[{"text":"Hi","token_ids":[5],"logprobs":[-0.25]},{"text":" you","token_ids":[7,8],"logprobs":[-0.5,-1]}],"usage":{"tokens":{"input_tokens":4,"output_tokens":3,"image_tokens":10}}}',
  stream: [
    'event: message-start\ndata: {"id":"c-3","type":"message-start","delta":{"message":{"role":"assistant"}}}',
    'event: content-start\ndata: {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}',
    'event: content-delta\ndata: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Hi"}}},"logprobs":{"text":"Hi","token_ids":[5],"logprobs":[-0.25]}}',
    'event: debug\ndata: {"type":"debug","prompt":"<hidden>"}',
    ': still there',
    'event: content-delta\ndata: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" you"}}},"logprobs":{"text":" you","token_ids":[7,8],"logprobs":[-0.5,-1]}}',
    'event: content-end\ndata: {"type":"content-end","index":0}',
    'event: message-end\ndata: {"type":"message-end","delta":{"finish_reason":"MAX_TOKENS","usage":{"tokens":{"input_tokens":4,"output_tokens":3,"image_tokens":10}}}}',
    'data: [DONE]',
    '',
  ].join('\n\n'),
};

export const answerFixtures = [citedAnswer, toolAnswer, probableAnswer] as const;
