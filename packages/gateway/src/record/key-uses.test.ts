import { expect, it } from 'vitest';
import type { KeyUse } from '../stores/key-store.ts';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { KeyUses } from './key-uses.ts';

function start() {
  const clock = createManualClock(100_000);
  const written: KeyUse[][] = [];
  const record = { isSilent: false };
  const touch = async (uses: readonly KeyUse[]) => {
    if (record.isSilent) throw new Error('silent');
    written.push([...uses]);
  };
  return { clock, record, uses: new KeyUses({ touch }, clock), written };
}

it('writes many uses at once, each key once a minute', async () => {
  const { clock, uses, written } = start();
  const at = clock.wallNow();
  for (let count = 0; count < 100; count++) for (const id of ['a', 'b']) uses.note(id);
  clock.advance(10_000);
  await uses.write();
  expect(written).toEqual([
    [
      { id: 'a', at },
      { id: 'b', at },
    ],
  ]);
  uses.note('a');
  await uses.write();
  expect(written).toHaveLength(1);
  clock.advance(50_000);
  uses.note('a');
  await uses.close();
  expect(written[1]).toEqual([{ id: 'a', at: at + 60_000 }]);
  expect(clock.pending()).toBe(0);
});

it('keeps what the record does not take, and the later time of two', async () => {
  const { clock, record, uses, written } = start();
  record.isSilent = true;
  uses.note('a');
  await uses.write();
  clock.advance(60_000);
  uses.note('a');
  record.isSilent = false;
  await uses.close();
  expect(written).toEqual([[{ id: 'a', at: clock.wallNow() }]]);
});
