import { encodeEventStreamFrame } from '../../framing/aws-event-stream.ts';

/** The same answer as a body and as a stream, as the Converse API's reference describes both. */
export const unaryAnswer = `{
  "metrics": {"latencyMs": 1275},
  "output": {"message": {"role": "assistant", "content": [
    {"reasoningContent": {"reasoningText": {"text": "A sum, then a search.", "signature": "EtkBCkgIEBABGAIq+/=="}}},
    {"reasoningContent": {"redactedContent": "c2VjcmV0IHRob3VnaHRz"}},
    {"text": "Let me see: é 🎈"},
    {"citationsContent": {
      "content": [{"text": "Ruby is from 1993."}],
      "citations": [{"title": "facts", "sourceContent": [{"text": "created in 1993"}],
        "location": {"documentChar": {"documentIndex": 0, "start": 0, "end": 73}}}]}},
    {"citationsContent": {"citations": [{"location": {"web": {"url": "https://example.com/ruby", "domain": "example.com"}}}]}},
    {"toolUse": {"toolUseId": "tooluse_A1", "name": "add", "input": {"a": 12345678901234567890, "b": 1.0}, "type": "tool_use"}},
    {"toolUse": {"toolUseId": "tooluse_A2", "name": "now", "input": {}}},
    {"toolUse": {"toolUseId": "tooluse_S1", "name": "nova_grounding", "input": {"query": "ruby"}, "type": "server_tool_use"}},
    {"toolResult": {"toolUseId": "tooluse_S1", "type": "nova_grounding_result", "status": "success", "content": [{"text": "[HIDDEN]"}]}},
    {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}}
  ]}},
  "stopReason": "tool_use",
  "additionalModelResponseFields": null,
  "usage": {"inputTokens": 10, "outputTokens": 20, "totalTokens": 7388, "cacheReadInputTokens": 7000,
    "cacheReadInputTokenCount": 7000, "cacheWriteInputTokens": 358, "cacheWriteInputTokenCount": 358,
    "cacheDetails": [{"ttl": "1h", "inputTokens": 300}, {"ttl": "5m", "inputTokens": 58}], "serverToolUsage": {}}
}`;

/** One frame of a stream. */
export function frame(type: string, payload: string): Buffer {
  return encodeEventStreamFrame({
    headers: { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    payload,
  });
}

export function exception(type: string, payload: string): Buffer {
  return encodeEventStreamFrame({
    headers: { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    payload,
  });
}

const delta = (index: number, json: string): Buffer =>
  frame('contentBlockDelta', `{"contentBlockIndex":${index},"delta":${json},"p":"abcdefgh"}`);
const start = (index: number, json: string): Buffer =>
  frame('contentBlockStart', `{"contentBlockIndex":${index},"p":"abc","start":${json}}`);
const stop = (index: number): Buffer => frame('contentBlockStop', `{"contentBlockIndex":${index},"p":"abcdefghijkl"}`);

export const streamedFrames: readonly Buffer[] = [
  frame('messageStart', '{"p":"abcdefghijklmnopqrstuvwxyzABCD","role":"assistant"}'),
  delta(0, '{"reasoningContent":{"text":"A sum, "}}'),
  delta(0, '{"reasoningContent":{"text":"then a search."}}'),
  delta(0, '{"reasoningContent":{"signature":"EtkBCkgI"}}'),
  delta(0, '{"reasoningContent":{"signature":"EBABGAIq+/=="}}'),
  stop(0),
  // Two blobs, each padded for itself.
  delta(1, '{"reasoningContent":{"redactedContent":"c2VjcmV0IA=="}}'),
  delta(1, '{"reasoningContent":{"redactedContent":"dGhvdWdodHM="}}'),
  stop(1),
  delta(2, '{"text":"Let me see: \\u00e9 "}'),
  delta(2, '{"text":"🎈"}'),
  stop(2),
  delta(
    3,
    '{"citation":{"title":"facts","sourceContent":[{"text":"created in 1993"}],"location":{"documentChar":{"documentIndex":0,"start":0,"end":73}}}}',
  ),
  delta(3, '{"text":"Ruby is "}'),
  delta(3, '{"text":"from 1993."}'),
  stop(3),
  delta(4, '{"citation":{"location":{"web":{"url":"https://example.com/ruby","domain":"example.com"}}}}'),
  stop(4),
  start(5, '{"toolUse":{"toolUseId":"tooluse_A1","name":"add"}}'),
  delta(5, '{"toolUse":{"input":""}}'),
  delta(5, '{"toolUse":{"input":"{\\"a\\":1234567890"}}'),
  delta(5, '{"toolUse":{"input":"1234567890,\\"b\\":1.0}"}}'),
  stop(5),
  start(6, '{"toolUse":{"toolUseId":"tooluse_A2","name":"now"}}'),
  delta(6, '{"toolUse":{"input":""}}'),
  stop(6),
  start(7, '{"toolUse":{"toolUseId":"tooluse_S1","name":"nova_grounding","type":"server_tool_use"}}'),
  delta(7, '{"toolUse":{"input":"{\\"query\\":"}}'),
  delta(7, '{"toolUse":{"input":"\\"ruby\\"}"}}'),
  stop(7),
  start(8, '{"toolResult":{"toolUseId":"tooluse_S1","type":"nova_grounding_result","status":"success"}}'),
  delta(8, '{"toolResult":[{"text":"[HIDDEN]"}]}'),
  stop(8),
  start(9, '{"image":{"format":"png"}}'),
  delta(9, '{"image":{"source":{"bytes":"iVBORw0="}}}'),
  delta(9, '{"image":{"source":{"bytes":"ChoK"}}}'),
  stop(9),
  frame('messageStop', '{"p":"abcde","stopReason":"tool_use"}'),
  frame(
    'metadata',
    '{"metrics":{"latencyMs":1275},"p":"ab","usage":{"inputTokens":10,"outputTokens":20,"totalTokens":7388,"cacheReadInputTokens":7000,"cacheWriteInputTokens":358,"cacheDetails":[{"ttl":"1h","inputTokens":300},{"ttl":"5m","inputTokens":58}]}}',
  ),
];
