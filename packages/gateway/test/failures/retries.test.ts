import { afterEach, describe, expect, it } from 'vitest';
import { answerOf } from './caller.ts';
import { type Drill, type DrillOptions, onlyLine, startDrill } from './drill.ts';

let drill: Drill;
const start = async (options: DrillOptions): Promise<Drill> => {
  drill = await startDrill(options);
  return drill;
};
afterEach(() => drill.stop());

describe.each([{ stream: true }, { stream: false }])(
  'a target that refuses or fails (stream: $stream)',
  ({ stream }) => {
    it.each([1, 2, 5])('is never tried more often than configured in all (%s)', async (maxAttempts) => {
      await start({ primary: 'f4', fallback: 'f4', retry: { max_attempts: maxAttempts, initial_delay_ms: 5 } });
      const reply = await drill.call({ stream });
      expect(reply.status).toBe(503);
      expect(answerOf(reply).error?.code).toBe('upstream_overloaded');
      const [first, second] = drill.attempts();
      expect(first + second).toBeLessThanOrEqual(maxAttempts);
      expect((await onlyLine(drill))['attempts']).toBe(first + second);
    });
  },
);

describe.each([{ stream: true }, { stream: false }])("a fault that is the caller's (stream: $stream)", ({ stream }) => {
  it.each(['f12', 'f13'])(
    'is tried once, and the words of the provider reach the caller as they are (%s)',
    async (name) => {
      await start({ primary: name });
      const reply = await drill.call({ stream });
      expect(reply.status).toBe(400);
      expect(drill.attempts()).toEqual([1, 0]);
      const direct = await fetch(`${drill.primary.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: name, messages: [{ role: 'user', content: 'Hello there' }] }),
      });
      expect(reply.body).toEqual(Buffer.from(await direct.arrayBuffer()));
      expect(reply.headers['content-type']).toBe(direct.headers.get('content-type'));
      expect(await onlyLine(drill)).toMatchObject({ status: 400, attempts: 1 });
    },
  );
});

describe('a credential that the provider refuses', () => {
  it('is never shown as a fault of the caller', async () => {
    await start({ primary: 'f23' });
    const reply = await drill.call();
    expect(reply.status).toBe(502);
    expect(answerOf(reply).error?.code).toBe('upstream_credentials');
    expect(drill.attempts()).toEqual([1, 0]);
    expect(drill.gateway.rawLog() + reply.body.toString()).not.toContain('sk-first');
  });

  it('showed the caller a 403 when it was refused for one model only', async () => {
    await start({ primary: 'f23b' });
    const reply = await drill.call();
    expect(reply.status).toBe(404);
    expect(answerOf(reply).error?.code).toBe('model_not_found');
    expect(drill.attempts()).toEqual([1, 0]);
  });
});
