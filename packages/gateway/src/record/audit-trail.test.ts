import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../stores/audit-store.ts';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { AuditTrail } from './audit-trail.ts';

const entry = (subject: string): AuditEntry => ({ kind: 'test', actor: 'admin', outcome: 'success', subject });

let kept: (string | null | undefined)[][];
let isSilent: boolean;
let said: string[];
let clock: ReturnType<typeof createManualClock>;
let trail: AuditTrail;
beforeEach(() => {
  kept = [];
  isSilent = false;
  said = [];
  clock = createManualClock(100_000);
  const say = (_target: string, message: string) => void said.push(message);
  const log: Log = { error: say, warn: say, info: say, debug: say, trace: say, flush: () => {} };
  const append = async (entries: readonly AuditEntry[]) => {
    if (isSilent) throw new Error('silent');
    kept.push(entries.map(({ detail, kind, subject }) => subject ?? `${kind} ${detail?.['entries']}`));
    return [];
  };
  trail = new AuditTrail({ append }, clock, log);
});

describe('what is done', () => {
  it('is kept when the call returns', async () => {
    await trail.keep(entry('a'));
    expect(kept).toEqual([['a']]);
  });

  it('is in the log where it cannot be kept', async () => {
    isSilent = true;
    await trail.keep(entry('a'));
    expect(said).toEqual([expect.stringContaining('could not be kept')]);
  });
});

describe('what strangers cause', () => {
  it('is kept together', async () => {
    trail.note(entry('a'));
    trail.note(entry('b'));
    expect(kept).toEqual([]);
    clock.advance(500);
    await trail.write();
    expect(kept).toEqual([['a', 'b']]);
  });

  it('waits for a record that is away, in its order', async () => {
    isSilent = true;
    trail.note(entry('a'));
    await trail.write();
    trail.note(entry('b'));
    isSilent = false;
    await trail.write();
    expect(kept).toEqual([['a', 'b']]);
  });

  it('is counted where it happens again', async () => {
    for (let count = 0; count < 500; count++) trail.note(entry('same'));
    trail.note(entry('another'));
    await trail.close();
    expect(kept.flat()).toEqual(['same', 'another', 'same']);
    expect(clock.pending()).toBe(0);
  });

  it('is bounded while the record is away, and what is left out is told', async () => {
    for (let count = 0; count < 1_200; count++) trail.append(entry(`${count}`));
    await trail.close();
    expect(kept[0]).toHaveLength(1_001);
    expect(kept[0]?.at(-1)).toBe('audit.lost 200');
    for (let count = 0; count < 40; count++) trail.append({ ...entry('large'), body: 'x'.repeat(1_048_576) });
    await trail.close();
    expect(kept[1]).toHaveLength(17);
  });
});
