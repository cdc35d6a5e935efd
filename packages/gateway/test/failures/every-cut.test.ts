import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/canonical/clock.ts';
import { ChatStreamReader } from '../../src/protocols/openai-chat/stream-reader.ts';
import { Attempt } from '../../src/relay/attempt.ts';
import type { AttemptOutcome } from '../../src/relay/attempt-outcome.ts';
import { createHeadRules } from '../../src/relay/reply-headers.ts';
import { StreamReply } from '../../src/relay/stream-reply.ts';
import type { UpstreamHandler } from '../../src/transport/upstream-call.ts';
import { answerOf } from './caller.ts';

const limits = { headersMs: 5_000, firstTokenMs: 5_000, idleMs: 5_000, totalMs: 5_000, isTotalOfExchange: true };
const head = ['content-type', 'text/event-stream'];

/** Relays chunks of a stream that then ends properly, or breaks. What the caller got, and how it was judged. */
async function relay(chunks: readonly Buffer[], isBroken: boolean): Promise<{ body: Buffer; outcome: AttemptOutcome }> {
  const got: Buffer[] = [];
  const sink = {
    head() {},
    write(bytes: Buffer) {
      got.push(bytes);
      return true;
    },
    end(bytes?: Buffer) {
      if (bytes) got.push(bytes);
    },
    cut() {},
    onDrain() {},
  };
  const reader = new ChatStreamReader({ choices: 1, hideUsage: true });
  const body = new StreamReply({
    sink,
    host: { begin() {}, resume() {}, beforeEnd() {} },
    reader,
    wire: { framing: 'sse', streamType: 'text/event-stream' },
    contentType: undefined,
    maxEventBytes: 1_000_000,
  });
  const send = (_: unknown, handler: UpstreamHandler) => {
    let isAborted = false;
    queueMicrotask(() => {
      handler.onHead(200, head);
      for (const chunk of chunks) if (!isAborted) handler.onData(chunk);
      if (isAborted) return;
      if (isBroken) handler.onError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }), false);
      else handler.onEnd();
    });
    const abort = (): void => {
      isAborted = true;
    };
    return { isSent: true, abort, resume() {} };
  };
  const request = { origin: 'http://provider', method: 'POST', path: '/', headers: [], body: undefined, connectMs: 1 };
  const transport = { send, close: async () => {} };
  const attempt = new Attempt({
    transport,
    clock: systemClock,
    startedAt: systemClock.now(),
    request,
    limits,
    body,
    headRules: createHeadRules({ renameRateLimits: false, replaced: [] }),
  });
  const outcome = await attempt.run();
  return { body: Buffer.concat(got), outcome };
}

function streamOf(newline: string): Buffer {
  const event = (value: object): string => `data: ${JSON.stringify(value)}`;
  const choice = (delta: object, finish_reason: string | null = null) =>
    event({ choices: [{ index: 0, delta, finish_reason }] });
  const events = [
    ': keep-alive',
    choice({ role: 'assistant', content: '' }),
    `event: message${newline}${choice({ content: 'Grüße ' })}`,
    choice({ content: '漢👩‍🚀' }),
    choice({}, 'stop'),
    event({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } }),
    'data: [DONE]',
  ];
  return Buffer.from(events.map((text) => text + newline + newline).join(''));
}

describe.each([{ newline: '\n' }, { newline: '\r\n' }, { newline: '\r' }])('a stream with $newline', ({ newline }) => {
  const whole = streamOf(newline);
  const headers = { 'content-type': 'text/event-stream' };

  it.each([{ isBroken: false }, { isBroken: true }])(
    'cut at any byte never passes for more than it is (broken: $isBroken)',
    async ({ isBroken }) => {
      for (let cut = 0; cut <= whole.length; cut++) {
        const { body, outcome } = await relay([whole.subarray(0, cut)], isBroken);
        // Throws on half an event.
        const answer = answerOf({ body, headers });
        expect('Grüße 漢👩‍🚀'.startsWith(answer.text)).toBe(true);
        expect(outcome.isCommitted).toBe(body.length > 0);
        if (outcome.failure) {
          expect(answer.isDone).toBe(false);
          if (body.length > 0) expect(body.toString()).toMatch(/(\n\n|\r\r|\r\n\r\n?)$/);
        } else {
          expect(answer).toMatchObject({
            text: 'Grüße 漢👩‍🚀',
            isDone: true,
            finishReasons: ['stop'],
            usage: undefined,
          });
        }
      }
    },
  );

  it('split in two at any byte is the same stream', async () => {
    const { body: tidy } = await relay([whole], false);
    for (let split = 1; split < whole.length; split++) {
      const { body, outcome } = await relay([whole.subarray(0, split), whole.subarray(split)], false);
      expect(outcome.failure).toBeUndefined();
      expect(answerOf({ body, headers })).toEqual(answerOf({ body: tidy, headers }));
    }
  });
});
