import { expect } from 'vitest';
import type { JsonObject } from '../../src/canonical/json.ts';

/** A stream put together as the client libraries do it, by hand. */
export function naiveMessage(stream: string): JsonObject {
  let message: Record<string, unknown> = {};
  const content: Record<string, unknown>[] = [];
  const inputs: string[] = [];
  for (const [, json] of stream.matchAll(/^data: ?(.*)$/gm)) {
    const event = JSON.parse(json!);
    const block = content[event.index];
    if (event.type === 'message_start') message = { ...event.message };
    else if (event.type === 'content_block_start') content[event.index] = { ...event.content_block };
    else if (event.type === 'content_block_delta') addDelta(block!, event, inputs);
    else if (event.type === 'message_delta') {
      message = { ...message, ...event.delta };
      message['usage'] = { ...(message['usage'] as object), ...event.usage };
    }
  }
  inputs.forEach((text, index) => {
    content[index]!['input'] = JSON.parse(text === '' ? '{}' : text);
    content[index]!['text of input'] = text === '' ? '{}' : text;
  });
  return { ...message, content };
}

function addDelta(block: Record<string, unknown>, event: Record<string, unknown>, inputs: string[]): void {
  const delta = event['delta'] as Record<string, unknown>;
  const index = event['index'] as number;
  if (delta['type'] === 'text_delta') block['text'] = `${block['text']}${delta['text']}`;
  if (delta['type'] === 'thinking_delta') block['thinking'] = `${block['thinking']}${delta['thinking']}`;
  if (delta['type'] === 'signature_delta') block['signature'] = delta['signature'];
  if (delta['type'] === 'input_json_delta') inputs[index] = `${inputs[index] ?? ''}${delta['partial_json']}`;
  if (delta['type'] === 'citations_delta')
    block['citations'] = [...((block['citations'] as unknown[]) ?? []), delta['citation']];
}

const reasons: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  max_tokens: 'length',
  tool_use: 'tool-calls',
  stop_sequence: 'stop-sequence',
};

/** The answer as the vocabulary has it, read by hand. */
export function naiveAnswer(message: JsonObject): unknown {
  const usage = message['usage'] as Record<string, number>;
  const details = (message['usage'] as Record<string, Record<string, number>>)['output_tokens_details'];
  const hour = (message['usage'] as Record<string, Record<string, number>>)['cache_creation']?.[
    'ephemeral_1h_input_tokens'
  ];
  const read = usage['cache_read_input_tokens'] ?? 0;
  const written = usage['cache_creation_input_tokens'] ?? 0;
  const stopSequence = message['stop_sequence'];
  return {
    id: message['id'],
    model: message['model'],
    created: undefined,
    serviceTier: 'default',
    usage: {
      input: usage['input_tokens']! + read + written,
      output: usage['output_tokens'],
      ...(read ? { cachedInput: read } : {}),
      ...(written ? { cacheWriteInput: written } : {}),
      ...(hour ? { cacheWriteHourInput: hour } : {}),
      ...(details?.['thinking_tokens'] ? { reasoning: details['thinking_tokens'] } : {}),
    },
    choices: [
      {
        index: 0,
        parts: (message['content'] as JsonObject[]).map(naivePart),
        finish: {
          reason: reasons[String(message['stop_reason'])],
          raw: message['stop_reason'],
          ...(typeof stopSequence === 'string' ? { stopSequence } : {}),
        },
        logprobs: undefined,
      },
    ],
  };
}

function naivePart(block: JsonObject, index: number): unknown {
  const citations = block['citations'] as JsonObject[] | null | undefined;
  switch (block['type']) {
    case 'text':
      return {
        type: 'text',
        text: block['text'],
        ...(citations && citations.length > 0
          ? { citations: citations.map((raw) => expect.objectContaining({ raw })) }
          : {}),
      };
    case 'thinking':
      return {
        type: 'reasoning',
        text: block['thinking'],
        ...(block['signature'] ? { signature: { origin: 'anthropic-messages', value: block['signature'] } } : {}),
      };
    case 'tool_use':
      return {
        type: 'tool-call',
        id: block['id'],
        name: block['name'],
        arguments: block['text of input'] ?? JSON.stringify(block['input']),
        kind: 'function',
      };
    default: {
      const { 'text of input': _, ...value } = block;
      return { type: 'foreign', origin: 'anthropic-messages', name: block['type'], value, path: `content[${index}]` };
    }
  }
}
