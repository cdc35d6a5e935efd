import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import type { WireFrame } from './wire-stream.ts';

/** Streams in which parts that began early go on while others begin, by the wires that can tell so. */
export const interleaved: readonly (readonly [string, ProtocolName, (calls: number, rounds: number) => WireFrame[]])[] =
  [
    ['openai-chat', 'openai-chat', chatCalls],
    ['cohere-chat', 'cohere-chat', cohereCalls],
    ['bedrock-converse', 'bedrock-converse', converseCalls],
    ['openai-responses', 'openai-responses', responsesCalls],
  ];

/** Each call's arguments are `{"a":"`, then a closing brace within the text a round, then `"}`. */
function fragmentsOf(rounds: number): string[] {
  return ['{"a":"', ...Array<string>(rounds).fill('}'), '"}'];
}

function inTurns(calls: number, rounds: number, frame: (call: number, text: string) => WireFrame): WireFrame[] {
  const all = Array.from({ length: calls }, (_, index) => index);
  return fragmentsOf(rounds).flatMap((text) => all.map((index) => frame(index, text)));
}

function chatCalls(calls: number, rounds: number): WireFrame[] {
  const chunk = (delta: object, finish: string | null = null): WireFrame => ({
    name: '',
    data: JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] }),
  });
  const begun = Array.from({ length: calls }, (_, index) =>
    chunk({ tool_calls: [{ index, id: `call_${index}`, type: 'function', function: { name: 'f', arguments: '' } }] }),
  );
  const told = inTurns(calls, rounds, (index, text) =>
    chunk({ tool_calls: [{ index, function: { arguments: text } }] }),
  );
  return [...begun, ...told, chunk({}, 'tool_calls'), { name: '', data: '[DONE]' }];
}

function cohereCalls(calls: number, rounds: number): WireFrame[] {
  const event = (type: string, index: number, more: object): WireFrame => ({
    name: type,
    data: JSON.stringify({ type, index, ...more }),
  });
  const delta = (tool_calls: object) => ({ delta: { message: { tool_calls } } });
  const all = Array.from({ length: calls }, (_, index) => index);
  return [
    event('message-start', 0, {}),
    ...all.map((index) => event('tool-call-start', index, delta({ id: `c${index}`, function: { name: 'f' } }))),
    ...inTurns(calls, rounds, (index, text) =>
      event('tool-call-delta', index, delta({ function: { arguments: text } })),
    ),
    ...all.map((index) => event('tool-call-end', index, {})),
    event('message-end', 0, { delta: { finish_reason: 'TOOL_CALL' } }),
  ];
}

function converseCalls(calls: number, rounds: number): WireFrame[] {
  const event = (name: string, contentBlockIndex: number, more: object): WireFrame => ({
    name,
    data: JSON.stringify({ contentBlockIndex, ...more }),
  });
  const all = Array.from({ length: calls }, (_, index) => index);
  return [
    ...all.map((index) =>
      event('contentBlockStart', index, { start: { toolUse: { toolUseId: `t${index}`, name: 'f' } } }),
    ),
    ...inTurns(calls, rounds, (index, text) =>
      event('contentBlockDelta', index, { delta: { toolUse: { input: text } } }),
    ),
    ...all.map((index) => event('contentBlockStop', index, {})),
    { name: 'messageStop', data: '{"stopReason":"tool_use"}' },
    { name: 'metadata', data: '{"usage":{"inputTokens":1,"outputTokens":1}}' },
  ];
}

function responsesCalls(calls: number, rounds: number): WireFrame[] {
  const event = (type: string, output_index: number, more: object): WireFrame => ({
    name: type,
    data: JSON.stringify({ type, output_index, ...more }),
  });
  const item = (index: number, text: string) => ({
    item: { id: `fc_${index}`, type: 'function_call', call_id: `c${index}`, name: 'f', arguments: text },
  });
  const all = Array.from({ length: calls }, (_, index) => index);
  const whole = fragmentsOf(rounds).join('');
  return [
    ...all.map((index) => event('response.output_item.added', index, item(index, ''))),
    ...inTurns(calls, rounds, (index, delta) => event('response.function_call_arguments.delta', index, { delta })),
    ...all.map((index) => event('response.output_item.done', index, item(index, whole))),
    event('response.completed', 0, { response: { status: 'completed' } }),
  ];
}
