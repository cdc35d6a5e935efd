/** Streams of the wire as its documentation describes them, each with the whole answer that says the same. */

export interface StreamFixture {
  readonly stream: string;
  readonly whole: string;
}

const usage =
  '"usage":{"input_tokens":12,"cache_creation_input_tokens":30,"cache_read_input_tokens":400,"cache_creation":{"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":10},"output_tokens":OUT,"service_tier":"standard"}';

const head = '"id":"msg_01","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929"';

const start = `event: message_start
data: {"type":"message_start","message":{${head},"content":[],"stop_reason":null,"stop_sequence":null,${usage.replace('OUT', '1')}}}

`;

/** How each stream ends. */
function end(reason: string): string {
  return `event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"${reason}","stop_sequence":null},"usage":{"input_tokens":12,"cache_creation_input_tokens":30,"cache_read_input_tokens":400,"output_tokens":89,"output_tokens_details":{"thinking_tokens":40}}}

event: message_stop
data: {"type":"message_stop"}

`;
}

function whole(content: string, reason: string): string {
  const counted = usage.replace('OUT', '89,"output_tokens_details":{"thinking_tokens":40}');
  return `{${head},"content":${content},"stop_reason":"${reason}","stop_sequence":null,${counted}}`;
}

/** Thinking with its signature, a text beyond ASCII, two calls of which one takes nothing. */
export const toolUse: StreamFixture = {
  stream: `${start}event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"They ask for "}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"the weather. 🌦"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQBCkYIARgC+/=="}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Einen Moment – ich schaue nach.\\n"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_01","name":"get_weather","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\\"city\\":\\"K"}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"öln\\",\\"id\\":12345678901234567890}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: content_block_start
data: {"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_02","name":"get_time","input":{}}}

event: content_block_stop
data: {"type":"content_block_stop","index":3}

${end('tool_use')}`,
  whole: whole(
    '[{"type":"thinking","thinking":"They ask for the weather. 🌦","signature":"EqQBCkYIARgC+/=="},{"type":"text","text":"Einen Moment – ich schaue nach.\\n"},{"type":"tool_use","id":"toolu_01","name":"get_weather","input":{"city":"Köln","id":12345678901234567890}},{"type":"tool_use","id":"toolu_02","name":"get_time","input":{}}]',
    'tool_use',
  ),
};

const citation =
  '{"type":"web_search_result_location","cited_text":"Bees see ultraviolet.","url":"https://example.org/bees","title":"Bees","encrypted_index":"Eo8B"}';
const results =
  '[{"type":"web_search_result","title":"Bees","url":"https://example.org/bees","encrypted_content":"Eq8C","page_age":null}]';

/** Hidden thinking, a search that the provider ran itself, a cited text, a compaction. */
export const search: StreamFixture = {
  stream: `${start}event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"EmwKAhgB/x+=="}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"server_tool_use","id":"srvtoolu_01","name":"web_search","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"query\\":"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\\"bees\\",\\"weight\\":1.0}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"web_search_tool_result","tool_use_id":"srvtoolu_01","content":${results}}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: content_block_start
data: {"type":"content_block_start","index":3,"content_block":{"type":"text","text":"","citations":[]}}

event: content_block_delta
data: {"type":"content_block_delta","index":3,"delta":{"type":"citations_delta","citation":${citation}}}

event: content_block_delta
data: {"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"Bees see more than we do."}}

event: content_block_stop
data: {"type":"content_block_stop","index":3}

event: content_block_start
data: {"type":"content_block_start","index":4,"content_block":{"type":"compaction","content":null}}

event: content_block_delta
data: {"type":"content_block_delta","index":4,"delta":{"type":"compaction_delta","content":"They spoke of bees."}}

event: content_block_stop
data: {"type":"content_block_stop","index":4}

${end('pause_turn')}`,
  whole: whole(
    `[{"type":"redacted_thinking","data":"EmwKAhgB/x+=="},{"type":"server_tool_use","id":"srvtoolu_01","name":"web_search","input":{"query":"bees","weight":1.0}},{"type":"web_search_tool_result","tool_use_id":"srvtoolu_01","content":${results}},{"type":"text","text":"Bees see more than we do.","citations":[${citation}]},{"type":"compaction","content":"They spoke of bees."}]`,
    'pause_turn',
  ),
};

/** A stream that its provider breaks off. */
export const overloaded = `${start}event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Half an"}}

event: error
data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}

`;
