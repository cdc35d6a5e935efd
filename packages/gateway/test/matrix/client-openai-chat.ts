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
  type ToldError,
  text,
  type WireClient,
} from './wire-client.ts';

/** OpenAI's chat completions. */
export const openaiChatClient: WireClient = {
  wire: 'openai-chat',
  keepsSignatures: true,
  requestOf: (ask) => ({ path: '/v1/chat/completions', body: bodyOf(ask) }),
  readAnswer(reply) {
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    const answer = parsed(reply.bytes);
    expect(answer).toMatchObject({ object: 'chat.completion', created: expect.any(Number) });
    expect(answer['choices']).toHaveLength(1);
    const choice = list(answer['choices'])[0];
    expect(choice).toMatchObject({ index: 0, message: { role: 'assistant' } });
    return saidOf({ ...answer, message: at(choice, 'message'), finish: choice?.['finish_reason'], pieces: 1 });
  },
  readStream(reply) {
    const events = serverSentEvents(reply);
    expect(events.pop()?.data).toBe('[DONE]');
    return saidOf(collect(events.map(jsonOf)));
  },
  readError: ({ headers, bytes }) => {
    expect(headers['content-type']).toMatch(/^application\/json/);
    return errorOf(parsed(bytes));
  },
  readBrokenStream(reply) {
    const events = serverSentEvents(reply).map(jsonOf);
    const error = errorOf(events.at(-1));
    return {
      ...error,
      text: deltasOf(events.slice(0, -1))
        .map(({ content }) => text(content))
        .join(''),
    };
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
    ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
    tools: tools?.map(({ name, description, schema: parameters }) => ({
      type: 'function',
      function: { name, description, parameters },
    })),
    response_format: schema && { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
    max_completion_tokens: maxTokens,
    reasoning_effort: thinks === true ? 'medium' : undefined,
    ...members,
  });
}

interface Collected extends Json {
  readonly message: Json;
  readonly finish: unknown;
  readonly pieces: number;
}

/** What the chunks of a stream add up to, put together as client libraries do. */
function collect(chunks: readonly Json[]): Collected {
  const [first] = chunks;
  const last = chunks.at(-1);
  for (const chunk of chunks) {
    expect(chunk).toMatchObject({ object: 'chat.completion.chunk', id: first?.['id'], model: first?.['model'] });
  }
  expect(last).toMatchObject({ choices: [], usage: expect.any(Object) });
  const choices = chunks.slice(0, -1).flatMap(({ choices }) => list(choices));
  const finishes = choices.flatMap(({ finish_reason: reason }) => reason ?? []);
  expect(finishes).toHaveLength(1);
  expect(choices.at(-1)?.['finish_reason']).toBe(finishes[0]);
  const deltas = deltasOf(chunks);
  expect(deltas[0]).toMatchObject({ role: 'assistant' });
  const joined = (name: string) => deltas.map((delta) => text(delta[name])).join('');
  const calls = callsOf(deltas.flatMap((delta) => list(delta['tool_calls'])));
  const details = deltas.flatMap((delta) => list(delta['reasoning_details']));
  const message = {
    role: 'assistant',
    content: joined('content'),
    ...(joined('reasoning_content') === '' ? {} : { reasoning_content: joined('reasoning_content') }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...extraOf(deltas.findLast(({ extra_content: extra }) => extra !== undefined) ?? {}),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  const pieces = deltas.filter(({ content }) => text(content) !== '').length;
  return { ...first, usage: last?.['usage'], message, finish: finishes[0], pieces };
}

function deltasOf(chunks: readonly Json[]): readonly Json[] {
  return chunks.flatMap(({ choices }) => list(choices).map((choice) => at(choice, 'delta')));
}

/** Calls, each put together of its fragments, which come in order. */
function callsOf(fragments: readonly Json[]): readonly Json[] {
  const calls: Json[] = [];
  for (const fragment of fragments) {
    const index = Number(fragment['index']);
    expect(index).toBeLessThanOrEqual(calls.length);
    const { index: _, ...members } = fragment;
    const call = calls[index];
    if (call === undefined) {
      calls.push(members);
      continue;
    }
    const { name, arguments: before } = at(call, 'function');
    const made = { name, arguments: text(before) + text(at(fragment, 'function')['arguments']) };
    calls[index] = { ...call, function: made, ...extraOf(fragment) };
  }
  return calls;
}

function extraOf({ extra_content: extra }: Json): Json {
  return extra === undefined ? {} : { extra_content: extra };
}

function saidOf({ id, model, usage, message, finish, pieces }: Collected): Said {
  expect(id).toMatch(/./);
  const finishes: Readonly<Record<string, Said['finish']>> = { stop: 'stop', length: 'length', tool_calls: 'calls' };
  expect(Object.keys(finishes)).toContain(finish);
  return {
    id: String(id),
    model: String(model),
    text: text(message['content']),
    thoughts: text(message['reasoning_content']),
    calls: list(message['tool_calls']).map((call) => {
      expect(call).toMatchObject({ id: expect.stringMatching(/./), type: 'function' });
      const { name, arguments: input } = at(call, 'function');
      return { id: String(call['id']), name: String(name), input: JSON.parse(text(input)) };
    }),
    finish: finishes[String(finish)]!,
    usage: countsOf(usage as Json),
    pieces,
    turn: message,
  };
}

function countsOf(usage: Json): Counts {
  const { prompt_tokens: input, completion_tokens: output, total_tokens: total } = usage;
  expect(total).toBe(count(input) + count(output));
  return {
    input: count(input),
    output: count(output),
    cached: count(at(usage, 'prompt_tokens_details')['cached_tokens']),
    thought: countOrNone(at(usage, 'completion_tokens_details')['reasoning_tokens']),
  };
}

function errorOf(body: Json | undefined): ToldError {
  expect(body).toEqual({ error: expect.objectContaining({ message: expect.any(String), type: expect.any(String) }) });
  const { message, type } = at(body, 'error');
  return { message: text(message), type: text(type) };
}
