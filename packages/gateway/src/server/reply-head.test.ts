import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { composeHead, type ReplyHead, WholeReplyHeads } from './reply-head.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2030, 0, 2, 3, 4, 5, 678) });
});
afterEach(() => {
  vi.useRealTimers();
});

const textOf = (head: Buffer | string | undefined): string | undefined =>
  typeof head === 'object' ? head.toString('latin1') : head;

function textAlone(head: ReplyHead, bodyBytes: number): string | undefined {
  const composed = composeHead(head, `content-length: ${bodyBytes}\r\n`);
  return composed && composed.statusLine + composed.fields;
}

describe('heads of replies with a whole body', () => {
  it('are what each of them would be alone', () => {
    const some = fc.record({
      status: fc.constantFrom(200, 429),
      names: fc.array(fc.constantFrom('x-a', 'x-b', 'content-length', 'connection'), { maxLength: 2 }),
      values: fc.array(fc.constantFrom('1', '2', '10', '\n', '漢'), { minLength: 2, maxLength: 2 }),
      keepsAlive: fc.boolean(),
      bodyBytes: fc.integer({ min: 0, max: 20 }),
      afterMs: fc.constantFrom(0, 10, 999, 1_000, 86_400_000),
    });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 30 }), (all) => {
        const heads = new WholeReplyHeads();
        for (const { status, names, values, keepsAlive, bodyBytes, afterMs } of all) {
          vi.setSystemTime(Date.now() + afterMs);
          const head = { status, headers: names.flatMap((name, index) => [name, values[index]!]), keepsAlive };
          expect(textOf(heads.compose(head, bodyBytes))).toBe(textAlone(head, bodyBytes));
        }
      }),
    );
  });

  it('are known again by what they say, and tell the time', () => {
    const heads = new WholeReplyHeads();
    const compose = (value: string): Buffer | string | undefined =>
      heads.compose({ status: 200, headers: ['x-a', value], keepsAlive: true }, 700);
    expect(compose('1')).toBeTypeOf('string');
    vi.setSystemTime(Date.now() + 1_000);
    const again = compose('2');
    expect(Buffer.isBuffer(again)).toBe(true);
    expect(textOf(again)).toBe(
      'HTTP/1.1 200 OK\r\nx-a: 2\r\ncontent-length: 700\r\ndate: Wed, 02 Jan 2030 03:04:06 GMT\r\n' +
        'connection: keep-alive\r\nkeep-alive: timeout=75\r\n\r\n',
    );
  });

  it('are put together anew where they are long', () => {
    const heads = new WholeReplyHeads();
    const head = { status: 200, headers: ['x-long', 'a'.repeat(4_096)], keepsAlive: true };
    for (let count = 0; count < 3; count++) expect(heads.compose(head, 2)).toBe(textAlone(head, 2));
  });

  it('are remembered of some kinds, however many there are', () => {
    const heads = new WholeReplyHeads();
    for (let status = 200; status < 600; status++) {
      const head = { status, headers: [], keepsAlive: true };
      expect(textOf(heads.compose(head, 2))).toBe(textAlone(head, 2));
    }
  });
});
