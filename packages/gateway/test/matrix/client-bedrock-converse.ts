import { expect } from 'vitest';
import { type BinaryEvent, binaryEvents } from './stream-events.ts';
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
  text,
  type WireClient,
} from './wire-client.ts';

/** Amazon Bedrock's Converse. */
export const bedrockConverseClient: WireClient = {
  wire: 'bedrock-converse',
  keepsSignatures: true,
  requestOf(ask) {
    const method = ask.stream ? 'converse-stream' : 'converse';
    return { path: `/model/${encodeURIComponent(ask.model)}/${method}`, body: bodyOf(ask) };
  },
  readAnswer(reply) {
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    const answer = parsed(reply.bytes);
    expect(answer).toMatchObject({
      metrics: { latencyMs: expect.any(Number) },
      output: { message: { role: 'assistant' } },
    });
    const content = list(at(answer, 'output', 'message')['content']);
    return saidOf({
      content,
      pieces: 1,
      reason: answer['stopReason'],
      usage: at(answer, 'usage'),
      id: idOf(reply.headers),
    });
  },
  readStream(reply) {
    const events = binaryEvents(reply);
    expect(events.map(({ kind }) => kind)).toEqual(events.map(() => 'event'));
    expect(events[0]).toMatchObject({ type: 'messageStart', data: { role: 'assistant' } });
    const [stop, metadata] = events.slice(-2);
    expect([stop?.type, metadata?.type]).toEqual(['messageStop', 'metadata']);
    expect(metadata?.data).toMatchObject({ metrics: { latencyMs: expect.any(Number) } });
    return saidOf({
      content: blocksOf(events.slice(1, -2)),
      reason: stop?.data['stopReason'],
      usage: at(metadata?.data, 'usage'),
      pieces: events.filter(({ data }) => typeof at(data, 'delta')['text'] === 'string').length,
      id: idOf(reply.headers),
    });
  },
  readError({ headers, bytes }) {
    expect(headers['content-type']).toMatch(/^application\/json/);
    const type = headers['x-amzn-errortype']?.split(':')[0];
    expect(type).toMatch(/Exception$/);
    expect(parsed(bytes)).toEqual({ message: expect.any(String) });
    return { message: text(parsed(bytes)['message']), type };
  },
  readBrokenStream(reply) {
    const events = binaryEvents(reply);
    const last = events.at(-1);
    expect(last).toMatchObject({ kind: 'exception', type: expect.stringMatching(/^[a-z]\w+Exception$/) });
    for (const end of ['messageStop', 'metadata']) expect(events.map(({ type }) => type)).not.toContain(end);
    const said = events.map(({ data }) => text(at(data, 'delta')['text'])).join('');
    return { text: said, message: text(last?.data['message']), type: last?.type };
  },
};

function bodyOf({
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
  const picture = image === undefined ? [] : [{ image: { format: 'png', source: { bytes: image } } }];
  const answers = [
    ...(next?.results ?? []).map(({ call, text: result }) => ({
      toolResult: { toolUseId: call.id, content: [{ text: result }], status: 'success' },
    })),
    ...(next?.text === undefined ? [] : [{ text: next.text }]),
  ];
  const jsonSchema = { name: 'answer', schema: JSON.stringify(schema) };
  return compact({
    messages: [
      { role: 'user', content: [...picture, ...parts, { text: question }] },
      ...(next
        ? [
            { role: 'assistant', content: next.said.turn },
            { role: 'user', content: answers },
          ]
        : []),
    ],
    system: system === undefined ? undefined : [{ text: system }],
    inferenceConfig: maxTokens === undefined ? undefined : { maxTokens },
    toolConfig: tools && {
      tools: tools.map(({ name, description, schema: json }) => {
        return { toolSpec: { name, description, inputSchema: { json } } };
      }),
    },
    outputConfig: schema && { textFormat: { type: 'json_schema', structure: { jsonSchema } } },
    additionalModelRequestFields: thinks === true ? { thinking: { type: 'enabled', budget_tokens: 2_048 } } : undefined,
    ...members,
  });
}

/** The service tells no id in the body. */
function idOf(headers: Readonly<Record<string, string | undefined>>): string {
  return headers['x-amzn-requestid'] ?? headers['x-request-id'] ?? '';
}

/** The blocks of a stream. Only calls are announced; whatever else begins with its first delta. */
function blocksOf(events: readonly BinaryEvent[]): readonly Json[] {
  const blocks: Json[] = [];
  let open: Json | undefined;
  for (const { type, data } of events) {
    expect({ type, index: data['contentBlockIndex'] }).toEqual({ type, index: blocks.length });
    if (type === 'contentBlockStart') {
      expect(open).toBeUndefined();
      open = { toolUse: { ...at(data, 'start', 'toolUse'), input: '' } };
    } else if (type === 'contentBlockDelta') open = withDelta(open ?? {}, at(data, 'delta'));
    else {
      expect({ type, isOpen: open !== undefined }).toEqual({ type: 'contentBlockStop', isOpen: true });
      blocks.push(closed(open ?? {}));
      open = undefined;
    }
  }
  expect(open).toBeUndefined();
  return blocks;
}

function withDelta(block: Json, delta: Json): Json {
  const { text: words, toolUse, reasoningContent } = delta;
  if (typeof words === 'string') return { text: text(block['text']) + words };
  if (toolUse !== undefined) {
    const call = at(block, 'toolUse');
    return { toolUse: { ...call, input: text(call['input']) + text(at(delta, 'toolUse')['input']) } };
  }
  expect(reasoningContent).toBeDefined();
  const { text: thought, signature, redactedContent } = at(delta, 'reasoningContent');
  if (redactedContent !== undefined) return { reasoningContent: { redactedContent } };
  const before = at(block, 'reasoningContent', 'reasoningText');
  const reasoningText = { ...before, text: text(before['text']) + text(thought), ...compact({ signature }) };
  return { reasoningContent: { reasoningText } };
}

function closed(block: Json): Json {
  if (block['toolUse'] === undefined) return block;
  const call = at(block, 'toolUse');
  return { toolUse: { ...call, input: JSON.parse(text(call['input']) || '{}') } };
}

interface Answer {
  readonly content: readonly Json[];
  readonly reason: unknown;
  readonly usage: Json;
  readonly pieces: number;
  readonly id: string;
}

const finishes: Readonly<Record<string, Said['finish']>> = {
  end_turn: 'stop',
  max_tokens: 'length',
  tool_use: 'calls',
};

function saidOf({ content, reason, usage, pieces, id }: Answer): Said {
  expect(Object.keys(finishes)).toContain(reason);
  return {
    id,
    model: undefined,
    text: content.map((block) => text(block['text'])).join(''),
    thoughts: content.map((block) => text(at(block, 'reasoningContent', 'reasoningText')['text'])).join(''),
    calls: content
      .filter(({ toolUse }) => toolUse !== undefined)
      .map((block) => {
        const { toolUseId, name, input } = at(block, 'toolUse');
        expect(toolUseId).toMatch(/^[a-zA-Z0-9_-]+$/);
        return { id: text(toolUseId), name: text(name), input };
      }),
    finish: finishes[String(reason)]!,
    usage: countsOf(usage),
    pieces,
    turn: content,
  };
}

/** What came from the cache or went into it is counted beside `inputTokens`. */
function countsOf(usage: Json): Counts {
  const { inputTokens: fresh, outputTokens: output, totalTokens: total, cacheReadInputTokens: read } = usage;
  const input = count(fresh) + count(read) + count(usage['cacheWriteInputTokens']);
  expect(total).toBe(input + count(output));
  return { input, output: count(output), cached: count(read), thought: undefined };
}
