import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../canonical/json.ts';
import protocol from './protocol.ts';
import { decode, encode, problemOf } from './requests.fixture.ts';

const { client } = protocol;

describe('a request is read', () => {
  it('under either spelling', () => {
    const snake = decode({
      system_instruction: { parts: [{ text: 'Be brief.' }] },
      contents: { role: 'user', parts: { inline_data: { mime_type: 'image/png', data: 'aGk=' } } },
      generation_config: {
        max_output_tokens: 10,
        top_p: 0.5,
        thinking_config: { thinking_budget: 512, include_thoughts: true },
      },
      tool_config: { function_calling_config: { mode: 'any', allowed_function_names: ['f'] } },
      tools: [{ function_declarations: [{ name: 'f', parameters_json_schema: { type: 'object' } }] }],
    });
    const camel = decode({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'aGk=' } }] }],
      generationConfig: {
        maxOutputTokens: 10,
        topP: 0.5,
        thinkingConfig: { thinkingBudget: 512, includeThoughts: true },
      },
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
      tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' } }] }],
    });
    expect(encode(snake)).toEqual(encode(camel));
    expect(camel).toMatchObject({
      maxOutputTokens: 10,
      topP: 0.5,
      reasoning: { mode: 'on', budgetTokens: 512, summary: 'auto' },
      toolChoice: { type: 'tool', name: 'f' },
      unknownMembers: [],
    });
  });

  it('with what it shows, by kind', () => {
    const inline = (mimeType: string) => ({ inlineData: { mimeType, data: 'aGk=' } });
    const file = (fileUri: string, mimeType?: string) => ({ fileData: { fileUri, ...(mimeType ? { mimeType } : {}) } });
    const store = 'https://generativelanguage.googleapis.com/v1beta/files/abc';
    expect(
      partsOf(inline('image/webp'), inline('audio/wav'), inline('video/mp4'), inline('application/pdf')),
    ).toMatchObject(
      ['image', 'audio', 'video', 'document'].map((type) => ({ type, source: { kind: 'data', data: 'aGk=' } })),
    );
    expect(
      partsOf(
        file('https://example.com/a.png', 'image/png'),
        file('gs://b/c.pdf', 'application/pdf'),
        file(store),
        file('https://youtu.be/x'),
      ),
    ).toMatchObject([
      { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png', mediaType: 'image/png' } },
      {
        type: 'document',
        source: { kind: 'file', origin: 'gemini', id: 'gs://b/c.pdf', mediaType: 'application/pdf' },
      },
      { type: 'document', source: { kind: 'file', origin: 'gemini', id: store } },
      { type: 'video', source: { kind: 'file', origin: 'gemini', id: 'https://youtu.be/x' } },
    ]);
  });

  it('with results matched to their calls by id, or by name and order', () => {
    const { turns } = decode({
      contents: [
        { role: 'user', parts: [{ text: 'Weather?' }] },
        { role: 'model', parts: [call('f'), call('g'), call('f'), { functionCall: { id: 'own', name: 'h' } }] },
        {
          role: 'function',
          parts: [
            result('f', { output: 'one' }),
            result('f', { result: 'two' }),
            result('g', { error: 'no' }),
            { functionResponse: { id: 'own', response: { n: 1 } } },
          ],
        },
      ],
    });
    const ids = turns[1]?.parts.map((part) => part.type === 'tool-call' && part.id) ?? [];
    expect(new Set(ids).size).toBe(4);
    expect(turns[2]).toMatchObject({
      role: 'user',
      parts: [
        { callId: ids[0], name: 'f', content: [{ type: 'text', text: 'one' }], isError: false },
        { callId: ids[2], name: 'f', content: [{ type: 'text', text: 'two' }] },
        { callId: ids[1], name: 'g', content: [{ type: 'text', text: 'no' }], isError: true },
        { callId: 'own', name: 'h', content: [{ type: 'text', text: '{"n":1}' }] },
      ],
    });
  });

  it('with schemas of Google as JSON Schema', () => {
    const parameters = {
      type: 'OBJECT',
      properties: {
        list: { type: 'ARRAY', min_items: '2', items: { type: 'STRING', nullable: true } },
        kind: { type: 'STRING', enum: ['a', 'b'], nullable: true, description: 'Which.' },
        // A property may be called as a keyword is.
        type: { anyOf: [{ type: 'INTEGER' }, { type: 'NUMBER' }], nullable: true },
        numbered: { type: 6, properties: { text: { type: 1 } } },
      },
      propertyOrdering: ['list', 'kind'],
    };
    const { tools } = decode({ contents: [{}], tools: [{ functionDeclarations: [{ name: 'f', parameters }] }] });
    expect(tools[0]).toMatchObject({
      schema: {
        type: 'object',
        properties: {
          list: { type: 'array', minItems: 2, items: { type: ['string', 'null'] } },
          kind: { description: 'Which.', anyOf: [{ type: 'string', enum: ['a', 'b'] }, { type: 'null' }] },
          type: { anyOf: [{ type: 'integer' }, { type: 'number' }, { type: 'null' }] },
          numbered: { type: 'object', properties: { text: { type: 'string' } } },
        },
      },
    });
  });

  it('with what nobody else knows, kept or named', () => {
    const request = decode({
      model: 'models/gemini-x',
      cachedContent: 'cachedContents/1',
      contents: [
        { parts: [{ fileData: { fileUri: 'gs://b/v.mp4', mimeType: 'video/mp4' }, videoMetadata: { fps: 5 } }] },
        { role: 'model', parts: [{ executableCode: { language: 'PYTHON', code: '1' }, thoughtSignature: 'abcd' }] },
      ],
      generationConfig: { imageConfig: { aspectRatio: '1:1' }, mediaResolution: 'MEDIA_RESOLUTION_LOW' },
      tools: [{ google_search: {} }],
      labels: { team: 'a' },
    });
    const scene = 'contents[0].parts[0].videoMetadata';
    expect(request.unknownMembers).toEqual([scene, 'generationConfig.imageConfig', 'cachedContent']);
    expect(request.essentialMembers).toEqual([scene, 'cachedContent']);
    expect(request.turns[1]?.parts).toMatchObject([{ type: 'foreign', origin: 'gemini', name: 'executableCode' }]);
    expect(request.tools).toEqual([{ type: 'builtin', origin: 'gemini', name: 'googleSearch', value: {} }]);
    expect(encode(request)).toMatchObject({
      contents: [
        { parts: [{ fileData: { fileUri: 'gs://b/v.mp4', mimeType: 'video/mp4' }, videoMetadata: { fps: 5 } }] },
        { parts: [{ executableCode: { language: 'PYTHON', code: '1' }, thoughtSignature: 'abcd' }] },
      ],
      tools: [{ googleSearch: {} }],
      generationConfig: { mediaResolution: 'MEDIA_RESOLUTION_LOW' },
      labels: { team: 'a' },
    });
  });

  it('with drafts among its thoughts kept as such', () => {
    const draft = { thought: true, inlineData: { mimeType: 'image/png', data: 'aGk=' }, thoughtSignature: 'abcd' };
    const signedThought = { thought: true, thoughtSignature: 'abcd' };
    const contents = [{ role: 'model', parts: [draft, signedThought] }];
    expect(encode(decode({ contents }))).toEqual({ contents });
  });

  it('or refused by the name of the field', () => {
    expect(problemOf(() => client.readFacts({ contents: [] }))).toBe(
      'contents: contents must be an array with at least one entry.',
    );
    const body = (part: JsonObject, more = {}) => ({
      contents: [{ role: 'user', parts: [{ text: 'a' }, part] }],
      ...more,
    });
    expect(problemOf(() => decode(body({ inline_data: { data: 'a' } })))).toBe(
      'contents[0].parts[1].inline_data.mimeType: contents[0].parts[1].inline_data.mimeType is required.',
    );
    expect(problemOf(() => decode(body({ text: 1 })))).toContain('contents[0].parts[1].text must be a string');
    expect(problemOf(() => decode(body({}, { generationConfig: { topK: 'x' } })))).toContain(
      'generationConfig.topK must be a number',
    );
    expect(problemOf(() => decode({ contents: [{ role: 'robot' }] }))).toContain(
      'contents[0].role must be "user" or "model"',
    );
  });

  it('for routing: the path has the rest', () => {
    expect(client.readFacts({ contents: [{}], generation_config: { candidate_count: 2 } })).toEqual({
      model: undefined,
      stream: false,
      includeUsage: true,
      choices: 2,
    });
  });

  it('for routing: a count in quotes, which Google reads, was one answer', () => {
    const choicesOf = (candidateCount: unknown) =>
      client.readFacts({ contents: [{}], generationConfig: { candidateCount } }).choices;
    expect([choicesOf('8'), choicesOf('many'), choicesOf(undefined)]).toEqual([8, 1, 1]);
  });
});

function partsOf(...parts: JsonObject[]) {
  return decode({ contents: [{ role: 'user', parts }] }).turns[0]?.parts;
}

function call(name: string): JsonObject {
  return { functionCall: { name, args: {} } };
}

function result(name: string, response: JsonObject): JsonObject {
  return { functionResponse: { name, response } };
}
