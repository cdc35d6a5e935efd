import { classOf, emptyReading, type FinishClass, type Reading, type TokenCounts } from './reading.ts';
import { at, countAt, listAt, parsedArguments, sseEvents, textAt } from './wire-value.ts';

const classes: Readonly<Record<string, FinishClass>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tools',
  refusal: 'refusal',
  pause_turn: 'paused',
};

export function readAnthropicMessages(body: Buffer, isStream: boolean): Reading {
  if (isStream) return readStream(body);
  const message: unknown = JSON.parse(body.toString('utf8'));
  const reading = readMessage(message);
  reading.isWhole = at(message, 'type') === 'message';
  return reading;
}

function readMessage(message: unknown): Reading {
  const reading = emptyReading();
  for (const block of listAt(message, 'content')) {
    switch (at(block, 'type')) {
      case 'text':
        reading.text += textAt(block, 'text');
        break;
      case 'thinking':
        reading.reasoning += textAt(block, 'thinking');
        break;
      case 'tool_use':
        reading.calls.push({ name: textAt(block, 'name'), arguments: at(block, 'input') });
    }
  }
  reading.finish = classOf(at(message, 'stop_reason'), classes);
  reading.usage = usageOf(at(message, 'usage'));
  return reading;
}

function usageOf(usage: unknown): TokenCounts | undefined {
  if (at(usage, 'input_tokens') === undefined && at(usage, 'output_tokens') === undefined) return undefined;
  const cached = countAt(usage, 'cache_read_input_tokens');
  const written = countAt(usage, 'cache_creation_input_tokens');
  return { input: countAt(usage, 'input_tokens') + cached + written, output: countAt(usage, 'output_tokens'), cached };
}

/** The message that the client libraries put together. */
function readStream(body: Buffer): Reading {
  let message: Record<string, unknown> = {};
  const blocks: Record<string, unknown>[] = [];
  const inputs = new Map<number, string>();
  const open = new Set<number>();
  const faults: string[] = [];
  let error: string | undefined;
  let isWhole = false;
  for (const { name, data } of sseEvents(body)) {
    const type = textAt(data, 'type');
    const index = countAt(data, 'index');
    if (name !== type) faults.push(`an event named ${name} is a ${type}`);
    if (type === 'message_start') message = { ...(at(data, 'message') as object) };
    else if (Object.keys(message).length === 0 && type !== 'ping' && type !== 'error') faults.push(`${type} at first`);
    if (type === 'content_block_start') {
      if (index !== blocks.length) faults.push(`block ${index} after ${blocks.length} others`);
      blocks[index] = { ...(at(data, 'content_block') as object) };
      open.add(index);
    }
    if (type === 'content_block_delta') {
      if (!open.has(index)) faults.push(`a piece of block ${index}, which is not open`);
      else addPiece(blocks[index]!, at(data, 'delta'));
      if (at(data, 'delta', 'partial_json') !== undefined) {
        inputs.set(index, (inputs.get(index) ?? '') + textAt(data, 'delta', 'partial_json'));
      }
    }
    if (type === 'content_block_stop' && !open.delete(index)) faults.push(`block ${index} ends, and was not open`);
    if (type === 'message_delta') {
      const usage = { ...(message['usage'] as object), ...(at(data, 'usage') as object) };
      message = { ...message, ...(at(data, 'delta') as object), usage };
    }
    if (type === 'message_stop') isWhole = true;
    if (type === 'error') error = textAt(data, 'error', 'message');
  }
  if (isWhole && open.size > 0) faults.push('blocks are open at the end');
  for (const [index, text] of inputs) blocks[index]!['input'] = parsedArguments(text);
  return { ...readMessage({ ...message, content: blocks }), faults, error, isWhole };
}

function addPiece(block: Record<string, unknown>, delta: unknown): void {
  for (const key of ['text', 'thinking']) {
    if (at(delta, key) !== undefined) block[key] = `${block[key] ?? ''}${textAt(delta, key)}`;
  }
}
