import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Behaviour } from './behaviours.ts';
import { type Simulator, startSimulator } from './simulator.ts';
import { readEventStream } from './testing/event-stream.ts';
import { exchange, type RawReply } from './testing/raw-exchange.ts';
import { bodyOf } from './testing/wires.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ tokens: 3 });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

function play(path: string, behaviour?: Behaviour): Promise<RawReply> {
  if (behaviour !== undefined) simulator.script([behaviour]);
  return exchange(simulator.url, { path, body: { model: 'sim', stream: true } });
}

describe('errors in the shape of Gemini', () => {
  it('name the status and tell when to come back', async () => {
    const path = '/v1beta/models/m:generateContent';
    const limited = await play(path, { kind: 'status', status: 429, headers: { 'Retry-After': '7' } });
    expect(JSON.parse(limited.text)).toEqual({
      error: {
        code: 429,
        message: expect.any(String),
        status: 'RESOURCE_EXHAUSTED',
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' }],
      },
    });
    const own = { message: 'Mine.', type: 'FAILED_PRECONDITION' };
    const scripted = await play(path, { kind: 'status', status: 400, error: own });
    expect(JSON.parse(scripted.text)).toEqual({
      error: { code: 400, message: 'Mine.', status: 'FAILED_PRECONDITION' },
    });
    const long = await play('/v1beta/models/f12:generateContent');
    expect(JSON.parse(long.text).error.message).toMatch(/^The input token count/);
  });

  it('are events, or elements that close the array', async () => {
    const behaviour: Behaviour = { kind: 'error-event', afterTokens: 1, done: true, error: { message: 'Gone.' } };
    const events = await play('/v1beta/models/m:streamGenerateContent?alt=sse', behaviour);
    const error = '{"error":{"code":503,"message":"Gone.","status":"UNAVAILABLE"}}';
    expect(events.text.endsWith(`\r\n\r\ndata: ${error}\r\n\r\n`)).toBe(true);
    for (const afterTokens of [0, 1]) {
      const elements = await play('/v1beta/models/m:streamGenerateContent', { ...behaviour, afterTokens });
      expect(JSON.parse(elements.text).at(-1)).toEqual(JSON.parse(error));
    }
  });
});

describe('errors in the shape of Bedrock', () => {
  it('are named in a header', async () => {
    const reply = await play('/model/m/converse', { kind: 'status', status: 429 });
    expect(reply.headers['x-amzn-errortype']).toMatch(/^ThrottlingException:http/);
    expect(Object.keys(JSON.parse(reply.text))).toEqual(['message']);
    const error = { type: 'modelNotReadyException', message: 'Warming up.' };
    const scripted = await play('/model/m/converse', { kind: 'status', status: 429, error });
    expect(scripted.headers['x-amzn-errortype']).toMatch(/^ModelNotReadyException:/);
    expect(scripted.text).toBe('{"message":"Warming up."}');
    const own = await play('/model/m/converse', {
      kind: 'status',
      status: 400,
      headers: { 'X-Amzn-ErrorType': 'Mine' },
    });
    expect(own.headers['x-amzn-errortype']).toBe('Mine');
  });

  it('are exceptions inside a stream', async () => {
    const path = '/model/m/converse-stream';
    const plain = await play(path, { kind: 'error-event', afterTokens: 1 });
    expect(readEventStream(bodyOf(plain)).at(-1)?.headers).toEqual({
      ':exception-type': 'modelStreamErrorException',
      ':content-type': 'application/json',
      ':message-type': 'exception',
    });
    const error = { type: 'ThrottlingException', message: 'Slow down.' };
    const [only] = readEventStream(bodyOf(await play(path, { kind: 'error-event', afterTokens: 0, error })));
    expect(only).toMatchObject({
      headers: { ':exception-type': 'throttlingException' },
      payload: '{"message":"Slow down."}',
    });
  });

  it('may be a damaged frame', async () => {
    const path = '/model/m/converse-stream';
    const malformed = readEventStream(bodyOf(await play(path, { kind: 'malformed-event', at: 1 })));
    expect(() => JSON.parse(malformed[2]?.payload ?? '')).toThrow();
    const corrupt = bodyOf(await play(path, { kind: 'malformed-event', at: 1, corrupt: true }));
    expect(() => readEventStream(corrupt)).toThrow('The message is damaged.');
  });
});

describe('errors in the shape of Cohere', () => {
  it('are a message, and the end of a stream', async () => {
    const reply = await play('/v2/chat', { kind: 'status', status: 404 });
    expect(JSON.parse(reply.text)).toEqual({ id: 'sim-error', message: expect.stringMatching(/^model not found/) });
    const stream = await play('/v2/chat', { kind: 'error-event', afterTokens: 0, error: { message: 'Gone.' } });
    const event = '{"type":"message-end","delta":{"error":"Gone.","finish_reason":"ERROR"}}';
    expect(stream.text).toBe(`event: message-end\ndata: ${event}\n\n`);
  });
});

describe('keys', () => {
  it('are taken where each provider takes them', async () => {
    const locked = await startSimulator({ apiKey: 'AKIDSIM', tokens: 1 });
    const path = '/model/m/converse';
    const authorization = 'AWS4-HMAC-SHA256 Credential=AKIDSIM/20260101/us-east-1/bedrock/aws4_request, Signature=0';
    const signed = await exchange(locked.url, { path, body: {}, headers: { authorization } });
    expect(signed.status).toBe(200);
    const refused = await exchange(locked.url, { path, body: {}, headers: { authorization: 'Bearer other' } });
    expect(refused.status).toBe(401);
    expect(refused.headers['x-amzn-errortype']).toMatch(/^UnrecognizedClientException/);
    const queried = await exchange(locked.url, { path: '/v1beta/models/m:countTokens?key=AKIDSIM', body: {} });
    expect(queried.status).toBe(200);
    await locked.close();
  });
});
