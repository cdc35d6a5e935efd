import { expect } from 'vitest';
import { jsonOf, serverSentEvents } from './stream-events.ts';
import {
  type Ask,
  at,
  type Counts,
  compact,
  count,
  type Json,
  list,
  parsed,
  type Said,
  type ToldError,
  text,
  type WireClient,
} from './wire-client.ts';

/** Anthropic's messages. */
export const anthropicMessagesClient: WireClient = {
  wire: 'anthropic-messages',
  keepsSignatures: true,
  requestOf: (ask) => ({ path: '/v1/messages', headers: { 'anthropic-version': '2023-06-01' }, body: bodyOf(ask) }),
  readAnswer(reply) {
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    return saidOf(parsed(reply.bytes), 1);
  },
  readStream(reply) {
    const events = serverSentEvents(reply);
    const values = events.map(jsonOf).filter(({ type }) => type !== 'ping');
    expect(events.map(jsonOf).map(({ type }) => type)).toEqual(events.map(({ name }) => name));
    expect(values[0]?.['type']).toBe('message_start');
    expect(values.slice(-2).map(({ type }) => type)).toEqual(['message_delta', 'message_stop']);
    const opened = at(values[0], 'message');
    const ending = values.at(-2);
    const message = {
      ...opened,
      ...at(ending, 'delta'),
      content: blocksOf(values.slice(1, -2)),
      usage: { ...at(opened, 'usage'), ...at(ending, 'usage') },
    };
    return saidOf(message, values.filter((value) => at(value, 'delta')['type'] === 'text_delta').length);
  },
  readError({ headers, bytes }) {
    expect(headers['content-type']).toMatch(/^application\/json/);
    return errorOf(parsed(bytes));
  },
  readBrokenStream(reply) {
    const events = serverSentEvents(reply);
    const values = events.map(jsonOf);
    expect(events.at(-1)?.name).toBe('error');
    const types = values.map(({ type }) => type);
    for (const end of ['message_delta', 'message_stop']) expect(types).not.toContain(end);
    const said = values.map((value) => text(at(value, 'delta')['text'])).join('');
    return { ...errorOf(values.at(-1)), text: said };
  },
};

function bodyOf({
  model,
  stream,
  system,
  text: question,
  image,
  tools,
  schema,
  maxTokens,
  thinks,
  next,
  members,
  parts = [],
}: Ask): Json {
  const source = { type: 'base64', media_type: 'image/png', data: image };
  const beside = [...(image === undefined ? [] : [{ type: 'image', source }]), ...parts];
  const answers = [
    ...(next?.results ?? []).map(({ call, text: content }) => ({ type: 'tool_result', tool_use_id: call.id, content })),
    ...(next?.text === undefined ? [] : [{ type: 'text', text: next.text }]),
  ];
  return compact({
    model,
    max_tokens: maxTokens ?? 4_096,
    system,
    messages: [
      { role: 'user', content: beside.length === 0 ? question : [...beside, { type: 'text', text: question }] },
      ...(next
        ? [
            { role: 'assistant', content: next.said.turn },
            { role: 'user', content: answers },
          ]
        : []),
    ],
    stream: stream ? true : undefined,
    tools: tools?.map(({ name, description, schema: input_schema }) => ({ name, description, input_schema })),
    output_config: schema && { format: { type: 'json_schema', schema } },
    thinking: thinks === true ? { type: 'enabled', budget_tokens: 2_048 } : undefined,
    ...members,
  });
}

/** The blocks of a stream, which come one after the other, each opened and closed. */
function blocksOf(events: readonly Json[]): readonly Json[] {
  const blocks: Json[] = [];
  let open: Json | undefined;
  let input = '';
  for (const event of events) {
    const { type, index } = event;
    if (type === 'content_block_start') {
      expect({ index, open }).toEqual({ index: blocks.length, open: undefined });
      open = at(event, 'content_block');
      input = '';
      continue;
    }
    expect({ type, index, isOpen: open !== undefined }).toEqual({ type, index: blocks.length, isOpen: true });
    if (type === 'content_block_delta') {
      const delta = at(event, 'delta');
      input += text(delta['partial_json']);
      open = withDelta(open ?? {}, delta);
      continue;
    }
    expect(type).toBe('content_block_stop');
    blocks.push(open?.['type'] === 'tool_use' ? { ...open, input: JSON.parse(input || '{}') } : (open ?? {}));
    open = undefined;
  }
  expect(open).toBeUndefined();
  return blocks;
}

function withDelta(block: Json, { type, thinking, text: words, signature }: Json): Json {
  switch (type) {
    case 'text_delta':
      return { ...block, text: text(block['text']) + text(words) };
    case 'thinking_delta':
      return { ...block, thinking: text(block['thinking']) + text(thinking) };
    case 'signature_delta':
      return { ...block, signature };
    default:
      expect(type).toBe('input_json_delta');
      return block;
  }
}

const finishes: Readonly<Record<string, Said['finish']>> = {
  end_turn: 'stop',
  max_tokens: 'length',
  tool_use: 'calls',
};

function saidOf(message: Json, pieces: number): Said {
  const { id, model, content, stop_reason: reason } = message;
  expect(message).toMatchObject({ type: 'message', role: 'assistant', stop_sequence: null });
  expect(id).toMatch(/./);
  expect(Object.keys(finishes)).toContain(reason);
  const blocks = list(content);
  const joined = (name: string) => blocks.map((block) => text(block[name])).join('');
  return {
    id: String(id),
    model: String(model),
    text: joined('text'),
    thoughts: joined('thinking'),
    calls: blocks
      .filter(({ type }) => type === 'tool_use')
      .map((block) => {
        expect(block['id']).toMatch(/^[a-zA-Z0-9_-]+$/);
        return { id: text(block['id']), name: text(block['name']), input: block['input'] };
      }),
    finish: finishes[String(reason)]!,
    usage: countsOf(at(message, 'usage')),
    pieces,
    turn: content,
  };
}

/** `input_tokens` counts what came neither from the cache nor into it. */
function countsOf({ input_tokens: fresh, output_tokens: output, ...caches }: Json): Counts {
  const cached = count(caches['cache_read_input_tokens']);
  return {
    input: count(fresh) + cached + count(caches['cache_creation_input_tokens']),
    output: count(output),
    cached,
    thought: undefined,
  };
}

function errorOf(body: Json | undefined): ToldError {
  expect(body).toMatchObject({ type: 'error', error: { type: expect.any(String), message: expect.any(String) } });
  const { message, type } = at(body, 'error');
  return { message: text(message), type: text(type) };
}
