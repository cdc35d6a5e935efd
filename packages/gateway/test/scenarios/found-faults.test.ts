import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from './checks.ts';
import { landed } from './landed.ts';
import { otherWires, variants } from './lanes.ts';
import { type Stage, startStage } from './stage.ts';

const all = variants();
const gemini = variants('stream', otherWires).filter(({ lane }) => lane.name === 'gemini');

// Each is named after what was wrong.
let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    casts: {
      'half a head': { first: 'sim', second: null },
      'asked to wait': { first: 'f1', second: 'f4' },
      'held open': { first: 'sim', second: null },
    },
    variants: [...all, ...gemini],
    timeout: { idle_seconds: 0.3 },
    retry: { max_attempts: 3 },
  });
});
afterAll(() => stage.stop());

describe('F22: a provider that dies in the middle of its head, on a kept connection', () => {
  it('was asked again without that being counted', async () => {
    const [variant] = all;
    const run = async () => (await stage.run('half a head', variant!)).line['attempts'];
    expect(await run()).toBe(1);
    stage.first.script([{ kind: 'raw', wire: true, bytes: 'HTTP/1.1 200 OK\r\ncontent-ty' }]);
    // It has seen the request and begun to answer: that is a failure, and the next one is a second attempt.
    expect(await run()).toBe(2);
  });
});

describe('F1: a provider that asks to wait, before another that is down', () => {
  it('was not waited for: all attempts went to the one that is down', async () => {
    const [variant] = all;
    check(await stage.run('asked to wait', variant!), { outcome: 'whole', tries: [2, 1] });
  });
});

describe.runIf(landed.streamRecovery)(
  'F8, F9: a stream that has told its finish, on the wire whose only end is that of the body',
  () => {
    it.each(
      gemini.flatMap((variant) =>
        (['reset', 'hang'] as const).map((kind) => [`${variant.title}, ${kind}`, variant, kind] as const),
      ),
    )('was finished twice when the body was not ended: %s', async (_, variant, kind) => {
      // All of it is sent; what ends the body of the reply is not.
      stage.first.script([{ kind, when: { afterBytes: 1_000_000 } }]);
      const { outcome } = await stage.run('held open', variant);
      // The whole answer with its one finish, or an error after it: nothing else is true.
      expect(outcome.kind === 'wrong' ? outcome.why : outcome.kind).toMatch(/^(whole|broken)$/);
    });
  },
);
