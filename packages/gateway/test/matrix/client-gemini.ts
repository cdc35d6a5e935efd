import { expect } from 'vitest';
import { jsonOf, serverSentEvents } from './stream-events.ts';
import {
  type Ask,
  at,
  type BrokenStream,
  type Counts,
  compact,
  count,
  countOrNone,
  type Json,
  list,
  parsed,
  type Reply,
  type Said,
  type ToldError,
  text,
  type WireClient,
} from './wire-client.ts';

/** Google's `generateContent`. */
export const geminiClient: WireClient = {
  wire: 'gemini',
  keepsSignatures: true,
  requestOf(ask) {
    const method = ask.stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
    return { path: `/v1beta/models/${ask.model}:${method}`, body: bodyOf(ask) };
  },
  readAnswer(reply) {
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    return saidOf([parsed(reply.bytes)]);
  },
  readStream: (reply) => saidOf(serverSentEvents(reply).map(jsonOf)),
  readError({ headers, bytes }) {
    expect(headers['content-type']).toMatch(/^application\/json/);
    return errorOf(parsed(bytes));
  },
  readBrokenStream: (reply) => brokenOf(serverSentEvents(reply).map(jsonOf)),
};

function brokenOf(chunks: readonly Json[]): BrokenStream {
  const said = chunks.slice(0, -1);
  // It is the finish alone that says that an answer is whole.
  for (const chunk of said) expect(list(chunk['candidates'])[0]).not.toHaveProperty('finishReason');
  const words = partsOf(said).map((part) => text(part['text']));
  return { ...errorOf(chunks.at(-1)), text: words.join('') };
}

/** The same asked for without `alt=sse`: the stream is one JSON array. */
export const geminiArrayClient: WireClient = {
  ...geminiClient,
  requestOf: (ask) => ({ path: `/v1beta/models/${ask.model}:streamGenerateContent`, body: bodyOf(ask) }),
  readStream: (reply) => saidOf(arrayOf(reply)),
  readBrokenStream: (reply) => brokenOf(arrayOf(reply)),
};

function arrayOf({ status, headers, bytes }: Reply): readonly Json[] {
  expect({ status, type: headers['content-type']?.split(';')[0] }).toEqual({ status: 200, type: 'application/json' });
  return JSON.parse(bytes.toString('utf8')) as readonly Json[];
}

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
  const inlineData = { mimeType: 'image/png', data: image };
  const picture = image === undefined ? [] : [{ inlineData }];
  const config = compact({
    maxOutputTokens: maxTokens,
    ...(schema === undefined ? {} : { responseMimeType: 'application/json', responseJsonSchema: schema }),
    thinkingConfig: thinks === true ? { includeThoughts: true, thinkingBudget: 2_048 } : undefined,
    ...at(members, 'generationConfig'),
  });
  const answers = [
    ...(next?.results ?? []).map(({ call: { id, name }, text: result }) => ({
      functionResponse: compact({ id, name, response: { result } }),
    })),
    ...(next?.text === undefined ? [] : [{ text: next.text }]),
  ];
  return compact({
    contents: [
      { role: 'user', parts: [{ text: question }, ...picture, ...parts] },
      ...(next ? [next.said.turn, { role: 'user', parts: answers }] : []),
    ],
    systemInstruction: system === undefined ? undefined : { parts: [{ text: system }] },
    tools: tools && [
      {
        functionDeclarations: tools.map(({ name, description, schema: parametersJsonSchema }) => {
          return { name, description, parametersJsonSchema };
        }),
      },
    ],
    ...members,
    generationConfig: Object.keys(config).length === 0 ? undefined : config,
  });
}

function partsOf(chunks: readonly Json[]): readonly Json[] {
  return chunks.flatMap(({ candidates }) => list(at(list(candidates)[0], 'content')['parts']));
}

function saidOf(chunks: readonly Json[]): Said {
  const last = chunks.at(-1);
  const { responseId: id, modelVersion: model } = last ?? {};
  expect(id).toMatch(/./);
  for (const chunk of chunks) {
    expect(chunk).toMatchObject({ responseId: id, modelVersion: model });
    expect(chunk['candidates']).toHaveLength(1);
  }
  const finishes = chunks.flatMap(({ candidates }) => list(candidates)[0]?.['finishReason'] ?? []);
  expect(finishes).toHaveLength(1);
  expect(['STOP', 'MAX_TOKENS']).toContain(list(last?.['candidates'])[0]?.['finishReason']);
  const parts = partsOf(chunks);
  const ofThought = (isThought: boolean) =>
    parts.filter((part) => (part['thought'] === true) === isThought && text(part['text']) !== '');
  const joined = (holders: readonly Json[]) => holders.map((part) => text(part['text'])).join('');
  const calls = parts
    .filter(({ functionCall }) => functionCall !== undefined)
    .map((part) => {
      const { id: callId, name, args } = at(part, 'functionCall');
      return { id: callId === undefined ? undefined : text(callId), name: text(name), input: args };
    });
  return {
    id: String(id),
    model: String(model),
    text: joined(ofThought(false)),
    thoughts: joined(ofThought(true)),
    calls,
    finish: finishes[0] === 'MAX_TOKENS' ? 'length' : calls.length > 0 ? 'calls' : 'stop',
    usage: countsOf(at(last, 'usageMetadata')),
    pieces: ofThought(false).length,
    turn: {
      role: 'model',
      parts: parts.filter((part) => part['text'] !== '' || part['thoughtSignature'] !== undefined),
    },
  };
}

/** Thoughts are counted beside the answer. */
function countsOf(usage: Json): Counts {
  const { promptTokenCount: input, candidatesTokenCount: answer, thoughtsTokenCount: thought } = usage;
  expect(usage['totalTokenCount']).toBe(count(input) + count(answer) + count(thought));
  return {
    input: count(input),
    output: count(answer) + count(thought),
    cached: count(usage['cachedContentTokenCount']),
    thought: countOrNone(thought),
  };
}

function errorOf(body: Json | undefined): ToldError {
  const { code, message, status } = at(body, 'error');
  expect({ code, message, status }).toEqual({
    code: expect.any(Number),
    message: expect.any(String),
    status: expect.stringMatching(/^[A-Z_]+$/),
  });
  return { message: text(message), type: text(status) };
}
