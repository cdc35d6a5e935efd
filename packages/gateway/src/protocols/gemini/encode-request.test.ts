import { describe, expect, it } from 'vitest';
import type { ChatRequest, Turn } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import protocol from './protocol.ts';
import { decode, encode, encoding, foreign, problemOf } from './requests.fixture.ts';

const { upstream } = protocol;

describe('a request is written', () => {
  const user: Turn = { role: 'user', parts: [{ type: 'text', text: 'Hi' }] };
  const assistantCall = {
    type: 'tool-call',
    id: 'call_1',
    name: 'f',
    arguments: '{"n":1.0}',
    kind: 'function',
  } as const;

  it('with opening instructions apart and later ones in their place', () => {
    const system = (text: string): Turn => ({ role: 'developer', parts: [{ type: 'text', text }] });
    expect(encode(foreign([system('A'), { ...system('B'), role: 'system' }, user, system('C')]))).toEqual({
      systemInstruction: { parts: [{ text: 'A' }, { text: 'B' }] },
      contents: [{ role: 'user', parts: [{ text: 'Hi' }, { text: 'C' }] }],
    });
    expect(encode(foreign([system('A')]))).toEqual({ contents: [{ role: 'user', parts: [{ text: 'A' }] }] });
  });

  it('with calls of other models marked as unsigned, once a turn', () => {
    const second = { ...assistantCall, id: 'call_2' };
    const text = upstream
      .encodeRequest(
        foreign([user, { role: 'assistant', parts: [{ type: 'text', text: '' }, assistantCall, second] }]),
        encoding,
      )
      .toString();
    expect(text).toContain(
      '{"functionCall":{"id":"call_1","name":"f","args":{"n":1.0}},"thoughtSignature":"skip_thought_signature_validator"}',
    );
    expect(text).toContain('{"functionCall":{"id":"call_2","name":"f","args":{"n":1.0}}}');
  });

  it('with signatures of its own and of no one else', () => {
    const own = { ...assistantCall, signature: { origin: 'gemini', value: 'EhQ+/==' } } as const;
    const thought = { type: 'reasoning', text: 'Hm', signature: { origin: 'anthropic-messages', value: 'x' } } as const;
    expect(encode(foreign([user, { role: 'assistant', parts: [thought, own] }]))).toMatchObject({
      contents: [{}, { role: 'model', parts: [{ text: 'Hm', thought: true }, { thoughtSignature: 'EhQ+/==' }] }],
    });
    expect(
      JSON.stringify(encode(foreign([user, { role: 'assistant', parts: [{ ...thought, text: '' }] }]))),
    ).not.toContain('thought');
  });

  it('with results as objects and what they show within or behind', () => {
    const media = (mediaType: string) =>
      ({ type: 'image', source: { kind: 'data', mediaType, data: 'aGk=' } }) as const;
    const answered = (
      content: Extract<Turn['parts'][number], { type: 'tool-result' }>['content'],
      isError = false,
    ): Turn => ({
      role: 'user',
      parts: [{ type: 'tool-result', callId: 'call_1', name: '', content, isError, kind: 'function' }],
    });
    const turns = (result: Turn) => foreign([user, { role: 'assistant', parts: [assistantCall] }, result]);
    const last = (result: Turn) => (encode(turns(result))['contents'] as { parts: unknown[] }[])[2]?.parts;
    const text = (value: string) => ({ type: 'text', text: value }) as const;
    expect(last(answered([text('sunny')]))).toEqual([
      { functionResponse: { id: 'call_1', name: 'f', response: { result: 'sunny' } } },
    ]);
    expect(last(answered([text('{"t":20}')]))).toMatchObject([{ functionResponse: { response: { t: 20 } } }]);
    expect(last(answered([text('broken')], true))).toMatchObject([
      { functionResponse: { response: { error: 'broken' } } },
    ]);
    expect(last(answered([text('[1]'), media('image/png'), media('image/tiff')]))).toEqual([
      {
        functionResponse: {
          id: 'call_1',
          name: 'f',
          response: { result: '[1]' },
          parts: [{ inlineData: { mimeType: 'image/png', data: 'aGk=' } }],
        },
      },
      { inlineData: { mimeType: 'image/tiff', data: 'aGk=' } },
    ]);
  });

  it('with JSON as text, by whose own name Google refuses it', () => {
    const json = (source: object): Turn => ({ role: 'user', parts: [{ type: 'document', source } as never] });
    const data = Buffer.from('{}').toString('base64');
    const inlineData = { mimeType: 'text/plain', data };
    const mediaType = 'application/json';
    expect(encode(foreign([json({ kind: 'text', mediaType, text: '{}' })]))).toMatchObject({
      contents: [{ parts: [{ inlineData }] }],
    });
    expect(encode(foreign([json({ kind: 'data', mediaType, data })]))).toMatchObject({
      contents: [{ parts: [{ inlineData }] }],
    });
  });

  it('with what is said about documents of a result, which was lost', () => {
    const responseTo = (...content: Extract<Turn['parts'][number], { type: 'tool-result' }>['content']) => {
      const result = {
        type: 'tool-result',
        callId: 'c',
        name: 'f',
        content,
        isError: false,
        kind: 'function',
      } as const;
      return encode(foreign([user, { role: 'user', parts: [result] }]))['contents'];
    };
    const document = (text: string, mediaType = 'text/plain') =>
      ({ type: 'document', source: { kind: 'text', mediaType, text } }) as const;
    expect(responseTo({ ...document('Body'), name: 'Title', context: 'About' })).toMatchObject([
      { parts: [{}, { functionResponse: { response: { result: 'Title\nAbout\n\nBody' } } }] },
    ]);
    expect(responseTo(document('{"x":1}', 'application/json'))).toMatchObject([
      { parts: [{}, { functionResponse: { response: { x: 1 } } }] },
    ]);
    const pdf = { kind: 'data', mediaType: 'application/pdf', data: 'aGk=' } as const;
    expect(responseTo({ type: 'document', source: pdf, context: 'About' })).toMatchObject([
      { parts: [{}, { functionResponse: { response: { result: 'About' }, parts: [{ inlineData: {} }] } }] },
    ]);
  });

  it('without texts that say nothing, which Vertex AI refuses', () => {
    const said = (role: Turn['role'], ...texts: string[]): Turn => ({
      role,
      parts: texts.map((text) => ({ type: 'text', text })),
    });
    expect(encode(foreign([said('system', ''), said('user', '', 'Hi')]))).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
    });
    for (const turns of [[said('user', '')], []]) {
      expect(encode(foreign(turns))).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Begin.' }] }] });
    }
    expect(encode(foreign([said('user', 'Hi'), said('assistant', 'Yes?'), said('user', '')]))).toMatchObject({
      contents: [{ role: 'user' }, { role: 'model' }, { role: 'user', parts: [{ text: 'Go on.' }] }],
    });
    expect(encode(foreign([said('user', 'Hi'), said('assistant', 'Ye')]))['contents']).toHaveLength(2);
    const own = { ...foreign([said('user', '')]), origin: 'gemini' } as const;
    expect(encode(own)).toEqual({ contents: [{ role: 'user', parts: [{ text: '' }] }] });
  });

  it('with settings in its own words', () => {
    const wish = { mode: undefined, effort: undefined, budgetTokens: undefined, summary: undefined } as const;
    const thinking = (reasoning: ChatRequest['reasoning']) => {
      const { generationConfig } = encode(foreign([user], { reasoning }));
      return (generationConfig as JsonObject | undefined)?.['thinkingConfig'];
    };
    expect(thinking({ ...wish, effort: 'low' })).toEqual({ thinkingBudget: 2048 });
    expect(thinking({ ...wish, mode: 'off' })).toEqual({ thinkingBudget: 0 });
    expect(thinking({ ...wish, mode: 'on', budgetTokens: 9000 })).toEqual({
      includeThoughts: true,
      thinkingBudget: 9000,
    });
    // More than the smaller models take.
    expect(thinking({ ...wish, mode: 'on', budgetTokens: 31_999 })).toMatchObject({ thinkingBudget: 24_576 });
    expect(thinking({ ...wish, mode: 'adaptive', summary: 'none' })).toEqual({
      includeThoughts: false,
      thinkingBudget: -1,
    });
    const schema = { type: 'object' };
    const format = { type: 'json-schema', name: 'n', description: 'd', schema, strict: true } as const;
    expect(
      encode(
        foreign([user], {
          outputFormat: format,
          seed: 2 ** 40 + 5,
          logprobs: { top: 3 },
          audioOutput: { voice: 'Kore', format: 'wav' },
        }),
      ),
    ).toMatchObject({
      generationConfig: {
        responseMimeType: 'application/json',
        responseJsonSchema: schema,
        seed: 5,
        responseLogprobs: true,
        logprobs: 3,
        speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
      },
    });
  });

  it('with the choice of tools it knows, where there are functions', () => {
    const tools = [{ type: 'function', name: 'f', description: 'd', schema: undefined, strict: true }] as const;
    const choice = (toolChoice: ChatRequest['toolChoice']) =>
      encode(foreign([user], { tools, toolChoice }))['toolConfig'];
    expect(choice({ type: 'required' })).toEqual({ functionCallingConfig: { mode: 'ANY' } });
    expect(choice({ type: 'allowed', mode: 'auto', names: ['f'] })).toEqual({
      functionCallingConfig: { mode: 'VALIDATED', allowedFunctionNames: ['f'] },
    });
    expect(encode(foreign([user], { toolChoice: { type: 'auto' } }))).not.toHaveProperty('toolConfig');
    expect(encode(foreign([user], { tools }))).toMatchObject({
      tools: [{ functionDeclarations: [{ name: 'f', description: 'd' }] }],
    });
  });

  it('not with what belongs to others', () => {
    const file = {
      type: 'document',
      source: { kind: 'file', id: 'file-1', origin: 'openai-chat' },
      path: 'messages[0].content[1]',
    } as const;
    expect(problemOf(() => encode(foreign([{ role: 'user', parts: [file] }])))).toMatch(
      /^messages\[0\]\.content\[1\]: /,
    );
    const part = { type: 'foreign', origin: 'openai-chat', value: {}, name: 'compaction', path: 'input[3]' } as const;
    expect(problemOf(() => encode(foreign([{ role: 'user', parts: [part] }])))).toBe(
      "input[3]: input[3] is a compaction, which the model's API does not know.",
    );
  });

  it('without members that a provider refuses', () => {
    const request = foreign([user], { seed: 1, topK: 3, serviceTier: 'flex' });
    expect(encode(request, { refusedMembers: ['seed', 'serviceTier'], renamedMembers: { topK: 'top_k' } })).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
      generationConfig: { top_k: 3 },
    });
  });

  it('with numbers as they were', () => {
    const body = parseExact(
      '{"contents":[{"parts":[{"text":"a"}]}],"tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":{"maximum":12345678901234567890,"minimum":1.0}}]}]}',
    );
    expect(upstream.encodeRequest(decode(body as JsonObject), encoding).toString()).toContain(
      '{"maximum":12345678901234567890,"minimum":1.0}',
    );
  });
});
