import { classOf, emptyReading, type FinishClass, type Reading, type TokenCounts } from './reading.ts';
import { at, awsEvents, countAt, listAt, parsedArguments, textAt } from './wire-value.ts';

const classes: Readonly<Record<string, FinishClass>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tools',
  guardrail_intervened: 'filter',
  content_filtered: 'filter',
};

export function readBedrockConverse(body: Buffer, isStream: boolean): Reading {
  if (isStream) return readStream(body);
  const answer: unknown = JSON.parse(body.toString('utf8'));
  const reading = emptyReading();
  for (const block of listAt(answer, 'output', 'message', 'content')) {
    reading.text += textAt(block, 'text');
    for (const cited of listAt(block, 'citationsContent', 'content')) reading.text += textAt(cited, 'text');
    reading.reasoning += textAt(block, 'reasoningContent', 'reasoningText', 'text');
    const call = at(block, 'toolUse');
    if (isOwn(call)) reading.calls.push({ name: textAt(call, 'name'), arguments: at(call, 'input') });
  }
  reading.finish = classOf(at(answer, 'stopReason'), classes);
  reading.usage = usageOf(at(answer, 'usage'));
  reading.isWhole = at(answer, 'output') !== undefined;
  return reading;
}

function readStream(body: Buffer): Reading {
  const reading = emptyReading();
  const inputs = new Map<number, { readonly name: string; text: string }>();
  const ended = new Set<number>();
  for (const { name, data } of awsEvents(body)) {
    const index = countAt(data, 'contentBlockIndex');
    const delta = at(data, 'delta');
    const call = at(data, 'start', 'toolUse');
    if (isOwn(call)) inputs.set(index, { name: textAt(call, 'name'), text: '' });
    if (delta !== undefined && ended.has(index)) reading.faults.push(`a piece of block ${index}, which has ended`);
    reading.text += textAt(delta, 'text');
    reading.reasoning += textAt(delta, 'reasoningContent', 'text');
    const open = inputs.get(index);
    if (open) open.text += textAt(delta, 'toolUse', 'input');
    if (name === 'contentBlockStop') ended.add(index);
    if (name === 'messageStop') {
      reading.finish = classOf(at(data, 'stopReason'), classes);
      reading.isWhole = true;
    }
    if (name === 'metadata') reading.usage = usageOf(at(data, 'usage'));
    if (name.endsWith('Exception')) reading.error = textAt(data, 'message');
  }
  reading.calls = [...inputs.values()].map(({ name, text }) => ({ name, arguments: parsedArguments(text) }));
  return reading;
}

/** A call that the caller is to answer; the provider's own tools are of another type. */
function isOwn(call: unknown): boolean {
  return call !== undefined && at(call, 'type') !== 'server_tool_use';
}

function usageOf(usage: unknown): TokenCounts | undefined {
  if (at(usage, 'inputTokens') === undefined) return undefined;
  const cached = countAt(usage, 'cacheReadInputTokens');
  return {
    input: countAt(usage, 'inputTokens') + cached + countAt(usage, 'cacheWriteInputTokens'),
    output: countAt(usage, 'outputTokens'),
    cached,
  };
}
