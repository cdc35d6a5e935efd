import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerOf } from './caller.ts';
import { type Drill, expectHonestBreak, expectWhole, onlyLine, startDrill } from './drill.ts';

let drill: Drill;
afterEach(() => drill.stop());

describe('a stream that breaks after its first token', () => {
  it.each([
    { name: 'f8', tokens: 40, failure: 'truncated' },
    { name: 'f8b', tokens: 40, failure: 'truncated' },
    { name: 'f8c', tokens: 40, failure: 'truncated' },
    { name: 'f10', tokens: 20, failure: 'malformed' },
    { name: 'f14a', tokens: 40, failure: 'truncated' },
    { name: 'f17b', tokens: 20, failure: 'transient' },
    { name: 'f17d', tokens: 20, failure: 'transient' },
  ])(
    'ends in an error that its caller can read, and in nothing like an end ($name)',
    async ({ name, tokens, failure }) => {
      drill = await startDrill({ primary: name, fallback: 'ok' });
      const reply = await drill.call({ stream: true });
      expectHonestBreak(reply, tokens);
      expect(drill.attempts()).toEqual([1, 0]);
      await drill.isQuiet();
      expect(await onlyLine(drill)).toMatchObject({ status: 200, failure, attempts: 1 });
    },
  );
});

describe('a stream that breaks before its first token', () => {
  it.each(['f8?after=0', 'f8b?after=0', 'f8c?after=0', 'f10?after=0', 'f17a', 'f17c', 'f18e'])(
    'is tried again, then left for another (%s)',
    async (name) => {
      drill = await startDrill({ primary: name, fallback: 'ok' });
      expectWhole(await drill.call({ stream: true }), true);
      expect(drill.attempts()).toEqual([2, 1]);
      await drill.isQuiet();
    },
  );

  it('is an error with a status of its own when nothing else can answer', async () => {
    drill = await startDrill({ primary: 'f17a' });
    const reply = await drill.call({ stream: true });
    expect(reply.status).toBe(502);
    expect(reply.headers['content-type']).toBe('application/json');
    expect(answerOf(reply).error?.code).toBe('upstream_failed');
    expect(drill.attempts()).toEqual([3, 0]);
  });
});

describe('a stream without its terminator', () => {
  it('is completed when its answer is whole, usage included', async () => {
    drill = await startDrill({ primary: 'f11' });
    const answer = expectWhole(await drill.call({ stream: true, includeUsage: true }), true);
    expect(answer.usage?.completion_tokens).toBe(60);
    expect(await onlyLine(drill)).toMatchObject({ status: 200, attempts: 1, tokens: { output: 60 } });
  });
});

describe('a unary answer that breaks', () => {
  it.each(['f8', 'f8b'])('is tried again, then left for another (%s)', async (name) => {
    drill = await startDrill({ primary: name, fallback: 'ok' });
    expectWhole(await drill.call(), false);
    expect(drill.attempts()).toEqual([2, 1]);
    await drill.isQuiet();
  });
});

describe('the end of a stream', () => {
  const chunk = (text: string, finish: string | null = null): string =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text }, finish_reason: finish }] })}`;

  beforeEach(async () => {
    drill = await startDrill({ primary: 'sim', fallback: 'ok' });
  });
  const plays = (bytes: string): void =>
    drill.primary.behave({ kind: 'raw', bytes, headers: { 'content-type': 'text/event-stream' } });

  it('ran into the terminator when its last event lacked a blank line', async () => {
    plays(`${chunk('Hi')}\n\n${chunk('', 'stop')}`);
    const reply = await drill.call({ stream: true });
    expect(reply.body.toString()).toBe(`${chunk('Hi')}\n\n${chunk('', 'stop')}\n\ndata: [DONE]\n\n`);
  });

  it('ran into the error when its last event lacked a blank line', async () => {
    plays(`${chunk('Hi')}\n\n${chunk(' there')}`);
    const reply = await drill.call({ stream: true });
    expect(answerOf(reply)).toMatchObject({ text: 'Hi there', isDone: false, error: { code: 'upstream_truncated' } });
  });

  it('within an event was called malformed instead of truncated', async () => {
    plays(`${chunk('Hi')}\n\n${chunk(' there').slice(0, -12)}`);
    const answer = answerOf(await drill.call({ stream: true }));
    expect(answer).toMatchObject({ text: 'Hi', isDone: false, error: { code: 'upstream_truncated' } });
  });

  it('passed for an answer although there was none', async () => {
    plays('data: [DONE]\n\n');
    expectWhole(await drill.call({ stream: true }), true);
    expect(drill.attempts()).toEqual([2, 1]);
  });

  it('passed for an answer although only the role had come', async () => {
    plays('data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\ndata: [DONE]\n\n');
    expectWhole(await drill.call({ stream: true }), true);
  });
});

describe('an event that only looks like JSON', () => {
  it.each([
    ['in its first event', 'data: {"created":1.2.3,"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'],
    ['in its usage', 'data: {"choices":[],"usage":{"completion_tokens":1-2}}\n\n'],
  ])('was a failure without a name %s', async (_, bytes) => {
    drill = await startDrill({ primary: 'sim', fallback: 'ok' });
    drill.primary.behave({ kind: 'raw', bytes, headers: { 'content-type': 'text/event-stream' } });
    const reply = await drill.call({ stream: true });
    expectWhole(reply, true);
    expect(reply.headers['x-gateway-attempts']).toMatch(/ malformed 200, /);
  });
});
