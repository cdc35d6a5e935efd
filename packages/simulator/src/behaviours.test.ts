import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerText } from './answer-text.ts';
import type { Behaviour } from './behaviours.ts';
import { behaviourKinds } from './decode-behaviour.ts';
import { hugeEventText } from './plan-reply.ts';
import { type Simulator, startSimulator } from './simulator.ts';
import { chat, type RawReply, streamData, streamText } from './testing/raw-exchange.ts';
import { refusingUrl } from './unreachable.ts';

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator({ tokens: 8 });
});
afterEach(() => simulator.close());

async function play(behaviour: Behaviour, fields: object = { stream: true }): Promise<RawReply> {
  simulator.behave(behaviour);
  const reply = await chat(simulator.url, fields);
  await simulator.waitUntil(() => simulator.attempts.at(-1)?.outcome !== undefined);
  played.add(behaviour.kind);
  return reply;
}

function lastOutcome(): string | undefined {
  return simulator.attempts.at(-1)?.outcome;
}

const played = new Set<string>();
const text = answerText(8);

describe('answer', () => {
  it('sends an event per chunk and ends with [DONE]', async () => {
    const reply = await play({ kind: 'answer' });
    expect(reply.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(streamText(reply.text)).toBe(text);
    expect(reply.chunks).toHaveLength(8 + 3);
    expect(reply.chunks.every((chunk) => chunk.subarray(-2).toString() === '\n\n')).toBe(true);
    expect(streamData(reply.text).at(-1)).toBe('[DONE]');
    expect(reply).toMatchObject({ status: 200, complete: true, error: undefined });
    expect(simulator.attempts[0]).toMatchObject({
      outcome: 'completed',
      tokensSent: 8,
      bytesSent: Buffer.byteLength(reply.text),
    });
  });

  it('is the same bytes each time', async () => {
    const first = await play({ kind: 'answer' });
    simulator.reset();
    const second = await play({ kind: 'answer' });
    expect(second.bytes.equals(first.bytes)).toBe(true);
  });

  it.each(['\r\n', '\r'] as const)('ends lines with %j', async (newline) => {
    const reply = await play({ kind: 'answer', newline });
    expect(reply.text.replaceAll(newline, '')).not.toMatch(/[\r\n]/);
    expect(reply.text.endsWith(`data: [DONE]${newline}${newline}`)).toBe(true);
    expect(streamText(reply.text)).toBe(text);
  });

  it('chunks as told', async () => {
    const whole = await play({ kind: 'answer', chunking: 'all' });
    expect(whole.chunks).toHaveLength(1);
    const bytes = await play({ kind: 'answer', chunking: 'byte' });
    expect(bytes.chunks.every((chunk) => chunk.length === 1)).toBe(true);
    expect(streamText(bytes.text)).toBe(text);
    const sizes = await play({ kind: 'answer', chunking: [10, 3] }, {});
    expect(sizes.chunks.slice(0, 3).map((chunk) => chunk.length)).toEqual([10, 3, 3]);
    expect(JSON.parse(sizes.text).choices[0].message.content).toBe(text);
  });

  it('puts a byte order mark, comments, headers and a model name where told, and leaves [DONE] out', async () => {
    const reply = await play({
      kind: 'answer',
      bom: true,
      comments: true,
      done: false,
      model: 'other',
      headers: { 'X-A': 'b' },
    });
    expect(reply.chunks[0]?.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect(reply.text.match(/^(?:\uFEFF)?: keep-alive$/gm)).toHaveLength(10);
    expect(reply.text).not.toContain('[DONE]');
    expect(streamData(reply.text)[0]).toMatchObject({ model: 'other' });
    expect(reply.headers['x-a']).toBe('b');
  });

  it('waits before the first token and between tokens', async () => {
    await play({ kind: 'answer', tokens: 3, firstTokenMs: 30, gapMs: 20 });
    const { firstByteAt = 0, firstTokenAt = 0, endedAt = 0 } = simulator.attempts[0] ?? {};
    expect(firstTokenAt - firstByteAt).toBeGreaterThan(25);
    expect(endedAt - firstTokenAt).toBeGreaterThan(35);
  });
});

describe('replies that are no good answer', () => {
  it('sends a status, so many times', async () => {
    const behaviour = { kind: 'status', status: 429, headers: { 'Retry-After': '2' }, times: 1 } as const;
    const reply = await play(behaviour);
    expect(reply).toMatchObject({
      status: 429,
      complete: true,
      headers: { 'retry-after': '2', 'content-type': 'application/json' },
    });
    expect(JSON.parse(reply.text).error.code).toBe('rate_limit_exceeded');
    expect((await chat(simulator.url, {})).status).toBe(200);
    expect((await play({ kind: 'status', status: 500, body: 'plain' })).text).toBe('plain');
  });

  it('sends raw bytes as a body in the chunks given, or as the whole reply', async () => {
    const body = await play({ kind: 'raw', base64: Buffer.from('data: é\n\n').toString('base64'), chunkSizes: [7, 1] });
    expect(body.chunks.map((chunk) => chunk.length)).toEqual([7, 1, 1, 1]);
    expect(body.headers['content-type']).toBe('text/event-stream');
    const whole = await play({ kind: 'raw', bytes: 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort', wire: true });
    expect(whole.bytes.toString()).toBe('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort');
    expect(whole.complete).toBe(false);
  });

  it('sends a web page, nothing, JSON to a stream, and gzip', async () => {
    expect(await play({ kind: 'html-200' })).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
    });
    expect(await play({ kind: 'empty-200' })).toMatchObject({ status: 200, text: '', complete: true });
    const json = await play({ kind: 'json-to-stream' });
    expect(json.headers['content-type']).toBe('application/json');
    expect(JSON.parse(json.text).choices[0].message.content).toBe(text);
    const zipped = await play({ kind: 'gzip' });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(streamText(gunzipSync(Buffer.concat(zipped.chunks)).toString())).toBe(text);
  });

  it('sends a malformed event among good ones', async () => {
    const reply = await play({ kind: 'malformed-event', at: 3 });
    const lines = reply.text.split('\n').filter((line) => line !== '');
    expect(() => JSON.parse(lines[4]?.slice(6) ?? '')).toThrow();
    expect(streamText(lines.toSpliced(4, 1).join('\n'))).toBe(text);
    const unary = await play({ kind: 'malformed-event', at: 3 }, {});
    expect(() => JSON.parse(unary.text)).toThrow();
    expect(unary.complete).toBe(true);
  });

  it('sends an error event after tokens, before the role or after it', async () => {
    const late = await play({ kind: 'error-event', afterTokens: 3, error: { message: 'Gone.' } });
    expect(streamText(late.text)).toBe(answerText(3));
    expect(streamData(late.text).at(-1)).toMatchObject({ error: { message: 'Gone.' } });
    expect(late.complete).toBe(true);
    expect(streamData((await play({ kind: 'error-event', afterTokens: 0 })).text)).toHaveLength(1);
    const withRole = await play({ kind: 'error-event', afterTokens: 0, role: true, done: true });
    expect(streamData(withRole.text)).toHaveLength(3);
  });

  it('sends a huge event whole', async () => {
    const reply = await play({ kind: 'huge-event', bytes: 1_000_000 });
    expect(streamText(reply.text)).toBe(hugeEventText(1_000_000));
    expect(Math.max(...reply.chunks.map((chunk) => chunk.length))).toBeGreaterThan(1_000_000);
  });

  it('dribbles', async () => {
    const reply = await play({ kind: 'dribble', bytesPerSecond: 10_000, tokens: 1 });
    expect(streamText(reply.text)).toBe(answerText(1));
    expect(reply.chunks[0]).toHaveLength(100);
  });

  it('echoes what it received', async () => {
    const reply = await play({ kind: 'echo' }, { user: 'ü' });
    const echo = JSON.parse(JSON.parse(reply.text).choices[0].message.content);
    expect(echo).toMatchObject({ method: 'POST', path: '/v1/chat/completions', headers: { host: 'simulator.test' } });
    expect(JSON.parse(echo.body).user).toBe('ü');
  });

  it('refuses a prefill, and only that', async () => {
    const behaviour = { kind: 'refuse-prefill' } as const;
    expect((await play(behaviour, { messages: [{ role: 'assistant', content: 'Every' }] })).status).toBe(400);
    expect((await play(behaviour, {})).status).toBe(200);
  });

  it('says what is wrong with a drill', async () => {
    const reply = await play({ kind: 'file', path: '/nowhere/to/be/found' });
    expect(reply.status).toBe(500);
    expect(JSON.parse(reply.text).error.code).toBe('simulator_misconfigured');
    const header = await play({ kind: 'answer', headers: { 'not a name': 'x' } });
    expect(header).toMatchObject({ status: 500, complete: true });
  });
});

describe('broken connections', () => {
  it('resets before headers, after them, after tokens and after bytes', async () => {
    expect(await play({ kind: 'reset', when: 'before-headers' })).toMatchObject({
      error: 'ECONNRESET',
      bytes: Buffer.alloc(0),
    });
    // A reset after bytes may look like a plain end to a client that reads both at once; it is never a whole reply.
    const headers = await play({ kind: 'reset', when: 'after-headers' });
    expect(headers).toMatchObject({ status: 200, chunks: [], complete: false });
    const tokens = await play({ kind: 'reset', when: { afterTokens: 5 } });
    expect(tokens.complete).toBe(false);
    expect(streamText(tokens.text)).toBe(answerText(5));
    const bytes = await play({ kind: 'reset', when: { afterBytes: 77 } });
    expect(Buffer.byteLength(bytes.text)).toBe(77);
    expect(simulator.attempts.map((attempt) => attempt.outcome)).toEqual(Array(4).fill('faulted'));
    expect(simulator.attempts[2]).toMatchObject({ tokensSent: 5, behaviour: 'reset' });
  });

  it('resets a connection when it opens, which takes a turn of the script', async () => {
    simulator.script([{ kind: 'reset', when: 'accept' }]);
    // Whether the client hears of it while connecting or while writing is the kernel's affair.
    expect((await chat(simulator.url, {})).bytes).toHaveLength(0);
    expect((await chat(simulator.url, {})).status).toBe(200);
    expect(simulator.attempts.map((attempt) => attempt.outcome)).toEqual(['faulted', 'completed']);
  });

  it('truncates cleanly and not', async () => {
    const clean = await play({ kind: 'truncate', afterTokens: 4, clean: true });
    expect(clean).toMatchObject({ complete: true, error: undefined });
    expect(clean.text).not.toContain('[DONE]');
    expect(streamText(clean.text)).toBe(answerText(4));
    const cut = await play({ kind: 'truncate', afterTokens: 4, clean: false });
    expect(cut).toMatchObject({ complete: false, error: undefined });
    expect(streamText(cut.text)).toBe(answerText(4));
    const unary = await play({ kind: 'truncate', afterTokens: 4, clean: false }, {});
    expect(unary.complete).toBe(false);
    expect(Number(unary.headers['content-length'])).toBeGreaterThan(unary.text.length);
    expect(lastOutcome()).toBe('faulted');
  });

  it('does no harm after all that was announced has been sent', async () => {
    for (const behaviour of [
      { kind: 'hang', when: { afterBytes: 1_000_000 } },
      { kind: 'reset', when: { afterBytes: 1_000_000 } },
    ] as const) {
      expect(await play(behaviour, { stream: false })).toMatchObject({ status: 200, complete: true });
      expect(lastOutcome()).toBe('completed');
    }
  });

  it('is over for a reply that waits behind another one when their connection closes', async () => {
    simulator.script([{ kind: 'hang', when: 'after-headers' }, { kind: 'answer' }]);
    const request = 'GET /a HTTP/1.1\r\nhost: a\r\n\r\n';
    const socket = connect(simulator.port, '127.0.0.1', () => socket.write(request + request));
    await simulator.waitForAttempts(2);
    await simulator.waitUntil(() => simulator.attempts[0]?.firstByteAt !== undefined);
    socket.destroy();
    await simulator.waitUntil(() => simulator.attempts.every(({ outcome }) => outcome === 'client_closed'));
  });

  it('hangs for the time given, then closes', async () => {
    const reply = await play({ kind: 'hang', when: { afterTokens: 2 }, holdMs: 40 });
    expect(streamText(reply.text)).toBe(answerText(2));
    expect(reply.complete).toBe(false);
    const { firstTokenAt = 0, endedAt = 0 } = simulator.attempts[0] ?? {};
    expect(endedAt - firstTokenAt).toBeGreaterThan(35);
  });

  it('closes a connection on its second request', async () => {
    simulator.behave('close-on-reuse');
    played.add('close-on-reuse');
    const request = 'GET /a HTTP/1.1\r\nhost: a\r\n\r\n';
    const received: Buffer[] = [];
    const socket = connect(simulator.port, '127.0.0.1', () => socket.write(request));
    socket.once('data', () => socket.write(request));
    socket.on('data', (bytes) => received.push(bytes));
    await simulator.waitUntil(() => simulator.attempts.length === 2 && simulator.openSockets === 0);
    expect(simulator.attempts.map((attempt) => attempt.outcome)).toEqual(['completed', 'faulted']);
    expect(simulator.attempts.map((attempt) => attempt.reused)).toEqual([false, true]);
    expect(
      Buffer.concat(received)
        .toString()
        .match(/HTTP\/1.1 200/g),
    ).toHaveLength(1);
  });

  it('gives the URL of a port where nobody listens', async () => {
    expect((await chat(await refusingUrl(), {})).error).toBe('ECONNREFUSED');
  });
});

describe('behaviours', () => {
  it('are all played in this file, but for recordings and floods, which are played beside it', () => {
    const elsewhere = ['recording', 'flood'];
    expect([...new Set([...played, ...elsewhere])].sort()).toEqual(Object.keys(behaviourKinds).sort());
  });
});
