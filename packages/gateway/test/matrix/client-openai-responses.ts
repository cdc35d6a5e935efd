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

/** OpenAI's responses, as a client asks for them that keeps the conversation itself. */
export const openaiResponsesClient: WireClient = {
  wire: 'openai-responses',
  keepsSignatures: true,
  requestOf: (ask) => ({ path: '/v1/responses', body: bodyOf(ask) }),
  readAnswer(reply) {
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    return saidOf(parsed(reply.bytes), 1);
  },
  readStream(reply) {
    const events = serverSentEvents(reply);
    const values = events.map(jsonOf);
    expect(events.map(({ name }) => name)).toEqual(values.map(({ type }) => type));
    expect(values.map((value) => value['sequence_number'])).toEqual(values.map((_, index) => index));
    expect(values[0]).toMatchObject({
      type: 'response.created',
      response: { object: 'response', status: 'in_progress' },
    });
    const last = values.at(-1);
    expect(['response.completed', 'response.incomplete']).toContain(last?.['type']);
    const response = at(last, 'response');
    expectItems(values, response);
    return saidOf(response, values.filter(({ type }) => type === 'response.output_text.delta').length);
  },
  readError({ headers, bytes }) {
    expect(headers['content-type']).toMatch(/^application\/json/);
    const body = parsed(bytes);
    expect(body).toEqual({ error: expect.objectContaining({ message: expect.any(String), type: expect.any(String) }) });
    const { message, type } = at(body, 'error');
    return { message: text(message), type: text(type) };
  },
  readBrokenStream(reply) {
    const values = serverSentEvents(reply).map(jsonOf);
    const types = values.map(({ type }) => type);
    expect(types).not.toContain('response.completed');
    expect(types).not.toContain('response.incomplete');
    const error = values.find(({ type }) => type === 'error');
    expect(error).toMatchObject({ message: expect.any(String), code: expect.any(String) });
    return { text: deltas(values, 'response.output_text.delta'), message: text(error?.['message']), type: undefined };
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
  const picture = image === undefined ? [] : [{ type: 'input_image', image_url: `data:image/png;base64,${image}` }];
  const message = (said: string, beside: readonly Json[]) => {
    return { type: 'message', role: 'user', content: [{ type: 'input_text', text: said }, ...beside] };
  };
  return compact({
    model,
    instructions: system,
    input: [
      message(question, [...picture, ...parts]),
      ...((next?.said.turn ?? []) as readonly Json[]),
      ...(next?.results ?? []).map(({ call, text: output }) => {
        return { type: 'function_call_output', call_id: call.id, output };
      }),
      ...(next?.text === undefined ? [] : [message(next.text, [])]),
    ],
    stream: stream ? true : undefined,
    store: false,
    tools: tools?.map(({ name, description, schema: parameters }) => {
      return { type: 'function', name, description, parameters };
    }),
    text: schema && { format: { type: 'json_schema', name: 'answer', schema, strict: true } },
    max_output_tokens: maxTokens,
    ...(thinks === true
      ? { reasoning: { effort: 'medium', summary: 'auto' }, include: ['reasoning.encrypted_content'] }
      : {}),
    ...members,
  });
}

/** Each item is opened and closed, and the last event repeats them all. */
function expectItems(events: readonly Json[], response: Json): void {
  const items = list(response['output']);
  // Items that are made side by side end in any order.
  const done = ofType(events, 'response.output_item.done').toSorted((one, other) => indexOf(one) - indexOf(other));
  const added = ofType(events, 'response.output_item.added');
  expect(done.map(indexOf)).toEqual(items.map((_, index) => index));
  expect(done.map(({ item }) => item)).toEqual(items);
  expect(added.map(indexOf)).toEqual(items.map((_, index) => index));
  expect(added.map((event) => at(event, 'item')['id'])).toEqual(items.map(({ id }) => id));
  for (const [index, item] of items.entries()) {
    const own = events.filter((event) => event['output_index'] === index);
    expect(deltas(own, 'response.output_text.delta')).toBe(inner([item], 'content'));
    expect(deltas(own, 'response.reasoning_summary_text.delta')).toBe(inner([item], 'summary'));
    expect(deltas(own, 'response.function_call_arguments.delta')).toBe(text(item['arguments']));
  }
}

function indexOf(event: Json): number {
  return count(event['output_index']);
}

function ofType(values: readonly Json[], wanted: string): readonly Json[] {
  return values.filter(({ type }) => type === wanted);
}

function deltas(events: readonly Json[], wanted: string): string {
  return ofType(events, wanted)
    .map(({ delta }) => text(delta))
    .join('');
}

/** The texts of the parts of a member. */
function inner(items: readonly Json[], name: string): string {
  return items.flatMap((item) => list(item[name]).map((part) => text(part['text']))).join('');
}

function saidOf(response: Json, pieces: number): Said {
  const { id, model, status, output } = response;
  expect(response).toMatchObject({ object: 'response', created_at: expect.any(Number), error: null });
  expect(id).toMatch(/./);
  const items = list(output);
  for (const item of items) expect(item['id']).toMatch(/./);
  const calls = ofType(items, 'function_call').map((item) => {
    expect(item['call_id']).toMatch(/./);
    return { id: text(item['call_id']), name: text(item['name']), input: JSON.parse(text(item['arguments'])) };
  });
  if (status === 'incomplete') expect(response['incomplete_details']).toEqual({ reason: 'max_output_tokens' });
  else expect(status).toBe('completed');
  return {
    id: String(id),
    model: String(model),
    text: inner(ofType(items, 'message'), 'content'),
    thoughts: inner(ofType(items, 'reasoning'), 'summary'),
    calls,
    finish: status === 'incomplete' ? 'length' : calls.length > 0 ? 'calls' : 'stop',
    usage: countsOf(at(response, 'usage')),
    pieces,
    turn: items,
  };
}

function countsOf(usage: Json): Counts {
  const { input_tokens: input, output_tokens: output, total_tokens: total } = usage;
  expect(total).toBe(count(input) + count(output));
  return {
    input: count(input),
    output: count(output),
    cached: count(at(usage, 'input_tokens_details')['cached_tokens']),
    thought: countOrNone(at(usage, 'output_tokens_details')['reasoning_tokens']),
  };
}
