import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEntry, AuditEvent, AuditStore, ExportedEvent } from './audit-store.ts';
import { createManualClock, type ManualClock } from './manual-clock.fixture.ts';

/** Two empty stores over the same record, as two replicas have them, and what somebody else could do to it. */
export interface AuditStoreUnderTest {
  readonly audit: AuditStore;
  readonly second: AuditStore;
  /** Sets one property of one event behind the store's back. */
  readonly tamper: (seq: number, property: 'actor' | 'detail' | 'hash' | 'at', value: string | number) => Promise<void>;
  /** Puts a body beside an event behind the store's back. */
  readonly putBody: (seq: number, body: string) => Promise<void>;
  /** Takes one event out behind the store's back. */
  readonly remove: (seq: number) => Promise<void>;
  readonly clear: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const entry = (kind: string, changes: Partial<AuditEntry> = {}): AuditEntry => ({
  kind,
  actor: 'admin',
  outcome: 'success',
  ...changes,
});

/** What every audit store must do. */
export function testAuditStore(name: string, create: (clock: ManualClock) => Promise<AuditStoreUnderTest>): void {
  describe(name, () => {
    const clock = createManualClock();
    let underTest: AuditStoreUnderTest;
    let audit: AuditStore;
    beforeAll(async () => {
      underTest = await create(clock);
      audit = underTest.audit;
    });
    afterAll(() => underTest.close());
    beforeEach(() => underTest.clear());

    const exported = async (fromSeq?: number) => {
      const events: ExportedEvent[] = [];
      for await (const event of audit.export(fromSeq)) events.push(event);
      return events;
    };
    const withoutBody = (event: AuditEvent | undefined) => ({ ...event, body: null });
    const appendMany = (count: number) =>
      audit.append(Array.from({ length: count }, (_, index) => entry(`kind.${index}`)));

    test('keeps events in their order, each with the hash of the one before', async () => {
      const full = entry('key.created', {
        tenantId: 't',
        subject: 'k1',
        requestId: 'req-1',
        address: '::1',
        detail: { name: 'ä 🙂', list: [1, null, { a: 'b' }] },
      });
      const [first, second] = await audit.append([full, entry('key.revoked', { outcome: 'denied' })]);
      expect(first).toEqual({ ...full, seq: 1, at: clock.wallNow(), previousHash: '', hash: first?.hash });
      expect(second).toMatchObject({ seq: 2, tenantId: null, subject: null, detail: {}, previousHash: first?.hash });
      clock.advance(5);
      const [third] = await audit.append([entry('x')]);
      expect(third).toMatchObject({ seq: 3, at: clock.wallNow(), previousHash: second?.hash });
      expect(await audit.append([])).toEqual([]);
      expect(await exported()).toEqual([first, second, third].map(withoutBody));
      expect(await exported(3)).toEqual([withoutBody(third)]);
      expect(await audit.list()).toEqual([third, second, first]);
    });

    test('finds events by what they are', async () => {
      await audit.append([
        entry('a', { tenantId: 't', subject: 's' }),
        entry('b', { actor: 'k1' }),
        entry('a', { actor: 'k1' }),
      ]);
      const from = clock.wallNow() + 10;
      clock.advance(10);
      await audit.append([entry('c')]);
      const seqs = async (query: Parameters<AuditStore['list']>[0]) => (await audit.list(query)).map(({ seq }) => seq);
      expect(await seqs({ kind: 'a' })).toEqual([3, 1]);
      expect(await seqs({ actor: 'k1', kind: 'b' })).toEqual([2]);
      expect(await seqs({ tenantId: 't' })).toEqual([1]);
      expect(await seqs({ subject: 's' })).toEqual([1]);
      expect(await seqs({ from })).toEqual([4]);
      expect(await seqs({ to: from })).toEqual([3, 2, 1]);
      expect(await seqs({ limit: 2 })).toEqual([4, 3]);
      expect(await seqs({ limit: 2, beforeSeq: 3 })).toEqual([2, 1]);
      expect(await seqs({ kind: "' OR 1=1 --" })).toEqual([]);
    });

    test('never goes back in time', async () => {
      clock.advance(1000);
      const [first] = await audit.append([entry('a')]);
      clock.advance(-500);
      const [second] = await audit.append([entry('b')]);
      expect(second?.at).toBe(first?.at);
      clock.advance(500);
    });

    test('makes one chain of what two replicas write at once', async () => {
      const stores = [audit, underTest.second];
      await Promise.all(
        Array.from({ length: 24 }, (_, index) =>
          stores[index % 2]!.append(
            Array.from({ length: (index % 3) + 1 }, (_item, part) => entry(`${index}.${part}`)),
          ),
        ),
      );
      const events = await exported();
      expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 48 }, (_, index) => index + 1));
      // Entries of one call stay together.
      for (const [position, { kind }] of events.entries()) {
        if (!kind.endsWith('.0')) expect(events[position - 1]?.kind.split('.')[0]).toBe(kind.split('.')[0]);
      }
      expect(await audit.verify()).toEqual({
        isIntact: true,
        events: 48,
        bodies: 0,
        lastSeq: 48,
        lastHash: events.at(-1)?.hash,
      });
      expect(await underTest.second.verify()).toMatchObject({ isIntact: true });
    });

    test('is intact whatever text it is given', async () => {
      const text = fc.string({ unit: 'binary' });
      await fc.assert(
        fc.asyncProperty(text, text, fc.dictionary(fc.string(), fc.jsonValue()), async (actor, subject, detail) => {
          const [event] = await audit.append([entry('any', { actor, subject, detail })]);
          expect((await audit.list({ limit: 1 }))[0]).toEqual(event);
          expect(await audit.verify()).toMatchObject({ isIntact: true });
        }),
        { numRuns: 30 },
      );
    });

    test('of nothing is intact', async () => {
      expect(await audit.verify()).toEqual({ isIntact: true, events: 0, bodies: 0, lastSeq: 0, lastHash: '' });
      expect(await exported()).toEqual([]);
    });

    test.each([
      ['actor', 'nobody'],
      ['detail', '{"a":1}'],
      ['at', 1],
      ['hash', 'f'.repeat(64)],
    ] as const)('shows that %s was changed', async (property, value) => {
      await appendMany(5);
      await underTest.tamper(3, property, value);
      expect(await audit.verify()).toEqual({ isIntact: false, seq: 3, problem: 'it is not what was written' });
    });

    test('shows what was taken out, wherever', async () => {
      await appendMany(5);
      await underTest.remove(3);
      expect(await audit.verify()).toEqual({ isIntact: false, seq: 3, problem: '1 events are missing' });
      await underTest.clear();
      await appendMany(5);
      await underTest.remove(1);
      expect(await audit.verify()).toMatchObject({ isIntact: false, seq: 1 });
      await underTest.clear();
      await appendMany(5);
      await underTest.remove(5);
      expect(await audit.verify()).toEqual({ isIntact: false, seq: 5, problem: '1 events are missing at the end' });
    });

    test('keeps bodies beside their events, and sees when one was changed or put in', async () => {
      const body = 'what was asked \0 🙂';
      const [first] = await audit.append([entry('request.body', { body, detail: { model: 'm' } }), entry('other')]);
      expect(first).toMatchObject({ detail: { model: 'm', body_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } });
      expect(first).not.toHaveProperty('body');
      expect((await exported()).map((event) => event.body)).toEqual(['what was asked  🙂', null]);
      expect(await underTest.second.verify()).toMatchObject({ isIntact: true, bodies: 1 });
      const fault = { isIntact: false, problem: 'the body beside it is not what was written' };
      await underTest.putBody(2, 'made up');
      expect(await audit.verify()).toEqual({ ...fault, seq: 2 });
      await underTest.putBody(1, 'another');
      expect(await audit.verify()).toEqual({ ...fault, seq: 1 });
    });

    test('forgets bodies without a gap in the chain', async () => {
      await audit.append([entry('a', { body: 'old' })]);
      clock.advance(10);
      await audit.append([entry('b', { body: 'new' })]);
      expect(await audit.pruneBodies(clock.wallNow())).toBe(1);
      expect((await exported()).map((event) => event.body)).toEqual([null, 'new']);
      expect(await audit.verify()).toMatchObject({ isIntact: true, events: 2, bodies: 1 });
      clock.advance(10);
      await audit.append([entry('c')]);
      expect(await audit.prune(clock.wallNow())).toBe(2);
      expect(await audit.verify()).toMatchObject({ isIntact: true, bodies: 0 });
    });

    test('reads and checks more events than one page', async () => {
      await appendMany(2_500);
      expect(await exported()).toHaveLength(2_500);
      expect(await audit.verify()).toMatchObject({ isIntact: true, events: 2_500 });
      await underTest.tamper(2_100, 'actor', 'nobody');
      expect(await audit.verify()).toMatchObject({ isIntact: false, seq: 2_100 });
    });

    test('forgets what is old, and is intact without it', async () => {
      await appendMany(2_200);
      clock.advance(10);
      await appendMany(3);
      expect(await audit.prune(clock.wallNow())).toBe(2_200);
      expect((await exported()).map(({ seq }) => seq)).toEqual([2_201, 2_202, 2_203]);
      expect(await audit.verify()).toMatchObject({ isIntact: true, events: 3, lastSeq: 2_203 });
      clock.advance(10);
      // The newest stays, so that the chain goes on.
      expect(await audit.prune(clock.wallNow())).toBe(2);
      expect(await audit.prune(clock.wallNow())).toBe(0);
      const [next] = await audit.append([entry('next')]);
      expect(next?.seq).toBe(2_204);
      expect(await audit.verify()).toMatchObject({ isIntact: true, events: 2 });
      await underTest.remove(2_203);
      expect(await audit.verify()).toMatchObject({ isIntact: false, seq: 2_203 });
    });
  });
}
