import { expect } from 'vitest';
import { jsonOf, serverSentEvents } from './stream-events.ts';
import {
  type Ask,
  at,
  type Counts,
  compact,
  count,
  countOrNone,
  type Json,
  list,
  parsed,
  type Said,
  text,
  type WireClient,
} from './wire-client.ts';

/** Cohere's chat, version 2. */
export const cohereChatClient: WireClient = {
  wire: 'cohere-chat',
  // Its thinking is text and nothing else.
  keepsSignatures: false,
  requestOf: (ask) => ({ path: '/v2/chat', body: bodyOf(ask) }),
  readAnswer(reply) {
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    const { id, message, finish_reason: finish, usage } = parsed(reply.bytes);
    return saidOf({ id, message: message as Json, finish, usage: usage as Json, pieces: 1 });
  },
  readStream(reply) {
    const events = serverSentEvents(reply);
    expect(events.pop()?.data).toBe('[DONE]');
    const values = events.map(jsonOf);
    expect(events.map(({ name }) => name)).toEqual(values.map(({ type }) => type));
    expect(values[0]).toMatchObject({ type: 'message-start', delta: { message: { role: 'assistant' } } });
    const last = values.at(-1);
    expect(last?.['type']).toBe('message-end');
    const { finish_reason: finish, usage } = at(last, 'delta');
    const message = messageOf(values.slice(1, -1));
    const pieces = values.filter((value) => text(contentOf(value)['text']) !== '').length;
    return saidOf({ id: values[0]?.['id'], message, finish, usage: usage as Json, pieces });
  },
  readError({ headers, bytes }) {
    expect(headers['content-type']).toMatch(/^application\/json/);
    const { message, error_type: type } = parsed(bytes);
    expect(message).toEqual(expect.any(String));
    return { message: text(message), type: type === undefined ? undefined : text(type) };
  },
  readBrokenStream(reply) {
    const events = serverSentEvents(reply);
    const values = events.map(jsonOf);
    const last = values.at(-1);
    expect(last).toMatchObject({ type: 'message-end', delta: { finish_reason: 'ERROR', error: expect.any(String) } });
    expect(last?.['delta']).not.toHaveProperty('usage');
    const said = values.map((value) => text(contentOf(value)['text'])).join('');
    return { text: said, message: text(at(last, 'delta')['error']), type: undefined };
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
  const picture =
    image === undefined ? [] : [{ type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } }];
  const beside = [...picture, ...parts];
  return compact({
    model,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      { role: 'user', content: beside.length === 0 ? question : [{ type: 'text', text: question }, ...beside] },
      ...(next ? [next.said.turn] : []),
      ...(next?.results ?? []).map(({ call, text: content }) => ({ role: 'tool', tool_call_id: call.id, content })),
      ...(next?.text === undefined ? [] : [{ role: 'user', content: next.text }]),
    ],
    stream,
    tools: tools?.map(({ name, description, schema: parameters }) => {
      return { type: 'function', function: { name, description, parameters } };
    }),
    response_format: schema && { type: 'json_object', json_schema: schema },
    max_tokens: maxTokens,
    thinking: thinks === true ? { type: 'enabled', token_budget: 2_048 } : undefined,
    ...members,
  });
}

function contentOf(event: Json): Json {
  return at(event, 'delta', 'message', 'content');
}

/** The message of a stream: contents and calls come one after the other, each opened and closed. */
function messageOf(events: readonly Json[]): Json {
  const content: Json[] = [];
  const calls: Json[] = [];
  let plan = '';
  let open: string | undefined;
  for (const event of events) {
    const { type, index } = event;
    const [, kind, step] = /^(content|tool-call|tool-plan|citation)-(start|delta|end)$/.exec(text(type)) ?? [];
    expect(kind).toBeDefined();
    if (kind === 'tool-plan') {
      plan += text(at(event, 'delta', 'message')['tool_plan']);
      continue;
    }
    const made = kind === 'content' ? content : calls;
    if (step === 'start') expect({ open, index }).toEqual({ open: undefined, index: made.length });
    else expect({ open, index }).toEqual({ open: kind, index: made.length - 1 });
    open = step === 'end' ? undefined : kind;
    const delta = kind === 'content' ? contentOf(event) : at(event, 'delta', 'message', 'tool_calls');
    if (step === 'start') made.push(delta);
    else if (step === 'delta') made.push(joined(made.pop() ?? {}, delta));
  }
  expect(open).toBeUndefined();
  return compact({
    role: 'assistant',
    tool_plan: plan === '' ? undefined : plan,
    content: content.length === 0 ? undefined : content,
    tool_calls: calls.length === 0 ? undefined : calls,
  });
}

/** Texts are put together, objects too; whatever else is as it was. */
function joined(before: Json, delta: Json): Json {
  const entries = Object.entries(delta).map(([name, value]) => {
    const old = before[name];
    if (name === 'type') return [name, value];
    return [name, typeof value === 'string' ? text(old) + value : joined((old ?? {}) as Json, value as Json)];
  });
  return { ...before, ...Object.fromEntries(entries) };
}

interface Answer {
  readonly id: unknown;
  readonly message: Json;
  readonly finish: unknown;
  readonly usage: Json;
  readonly pieces: number;
}

const finishes: Readonly<Record<string, Said['finish']>> = {
  COMPLETE: 'stop',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'calls',
};

function saidOf({ id, message, finish, usage, pieces }: Answer): Said {
  expect(id).toMatch(/./);
  expect(message['role']).toBe('assistant');
  expect(Object.keys(finishes)).toContain(finish);
  const content = list(message['content']);
  const inner = (name: string) => content.map((part) => text(part[name])).join('');
  return {
    id: String(id),
    model: undefined,
    text: inner('text') + text(message['tool_plan']),
    thoughts: inner('thinking'),
    calls: list(message['tool_calls']).map((call) => {
      expect(call).toMatchObject({ id: expect.stringMatching(/./), type: 'function' });
      const { name, arguments: input } = at(call, 'function');
      return { id: text(call['id']), name: text(name), input: JSON.parse(text(input)) };
    }),
    finish: finishes[String(finish)]!,
    usage: countsOf(usage),
    pieces,
    turn: message,
  };
}

function countsOf(usage: Json): Counts {
  const { input_tokens: input, output_tokens: output, reasoning_tokens: thought } = at(usage, 'tokens');
  expect(at(usage, 'billed_units')).toEqual({ input_tokens: expect.any(Number), output_tokens: expect.any(Number) });
  return {
    input: count(input),
    output: count(output),
    cached: count(usage['cached_tokens']),
    thought: countOrNone(thought),
  };
}
