import { classOf, emptyReading, type FinishClass, type Reading, type TokenCounts } from './reading.ts';
import { at, countAt, listAt, parsedArguments, sseEvents, textAt } from './wire-value.ts';

const classes: Readonly<Record<string, FinishClass>> = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tools',
  ERROR_TOXIC: 'filter',
};

export function readCohereChat(body: Buffer, isStream: boolean): Reading {
  if (isStream) return readStream(body);
  const answer: unknown = JSON.parse(body.toString('utf8'));
  const reading = emptyReading();
  const message = at(answer, 'message');
  // What the model says before it calls.
  reading.text += textAt(message, 'tool_plan');
  for (const part of listAt(message, 'content')) {
    reading.text += textAt(part, 'text');
    reading.reasoning += textAt(part, 'thinking');
  }
  for (const call of listAt(message, 'tool_calls')) {
    reading.calls.push({
      name: textAt(call, 'function', 'name'),
      arguments: parsedArguments(textAt(call, 'function', 'arguments')),
    });
  }
  reading.finish = classOf(at(answer, 'finish_reason'), classes);
  reading.usage = usageOf(at(answer, 'usage'));
  reading.isWhole = reading.finish !== undefined;
  return reading;
}

function readStream(body: Buffer): Reading {
  const reading = emptyReading();
  const open = new Map<number, { readonly name: string; text: string }>();
  for (const { data } of sseEvents(body)) {
    const type = textAt(data, 'type');
    const message = at(data, 'delta', 'message');
    const index = countAt(data, 'index');
    if (type === 'content-start' || type === 'content-delta') {
      reading.text += textAt(message, 'content', 'text');
      reading.reasoning += textAt(message, 'content', 'thinking');
    }
    reading.text += textAt(message, 'tool_plan');
    const written = textAt(message, 'tool_calls', 'function', 'arguments');
    if (type === 'tool-call-start') {
      open.set(index, { name: textAt(message, 'tool_calls', 'function', 'name'), text: written });
    }
    if (type === 'tool-call-delta') {
      const call = open.get(index);
      if (call) call.text += written;
      else reading.faults.push(`a piece of call ${index}, which has not begun`);
    }
    if (type === 'message-end') {
      reading.finish = classOf(at(data, 'delta', 'finish_reason'), classes);
      reading.usage = usageOf(at(data, 'delta', 'usage'));
      reading.error = textAt(data, 'delta', 'error') || undefined;
      reading.isWhole = at(data, 'delta', 'finish_reason') !== 'ERROR';
    }
  }
  reading.calls = [...open.values()].map(({ name, text }) => ({ name, arguments: parsedArguments(text) }));
  return reading;
}

function usageOf(usage: unknown): TokenCounts | undefined {
  const tokens = at(usage, 'tokens') ?? at(usage, 'billed_units');
  if (at(tokens, 'input_tokens') === undefined && at(tokens, 'output_tokens') === undefined) return undefined;
  return {
    input: countAt(tokens, 'input_tokens') + countAt(tokens, 'image_tokens'),
    output: countAt(tokens, 'output_tokens'),
    cached: countAt(usage, 'cached_tokens'),
  };
}
