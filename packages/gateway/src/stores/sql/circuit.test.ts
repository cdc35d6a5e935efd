import { beforeEach, describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../manual-clock.fixture.ts';
import { Circuit } from './circuit.ts';

let clock: ManualClock;
let notices: string[];
let probes: { readonly answer: () => void; readonly fail: () => void }[];
let circuit: Circuit;
beforeEach(() => {
  clock = createManualClock();
  notices = [];
  probes = [];
  circuit = new Circuit({
    clock,
    place: 'db',
    onNotice: (text) => notices.push(text),
    probe: () =>
      new Promise((resolve, reject) => probes.push({ answer: () => resolve(1), fail: () => reject(new Error()) })),
  });
});

const settled = () => new Promise((resolve) => setImmediate(resolve));
const outcome = async (entering = circuit.enter()) => {
  let state = 'waits';
  entering.then(
    () => {
      state = 'enters';
    },
    (error: Error) => {
      state = error.message;
    },
  );
  await settled();
  return { state: () => state, now: state };
};
const refused = 'db does not answer; it is asked again within a second or two.';

describe('a circuit', () => {
  test('lets calls through until three in a row fail', async () => {
    circuit.failed();
    circuit.failed();
    circuit.succeeded();
    circuit.failed();
    circuit.failed();
    expect((await outcome()).now).toBe('enters');
    expect(notices).toEqual([]);
    circuit.failed();
    expect((await outcome()).now).toBe(refused);
    expect(notices).toEqual([expect.stringContaining('db does not answer. Calls to it fail at once')]);
    expect(probes).toEqual([]);
  });

  test('asks once after a second, and lets the callers of that moment in when there is an answer', async () => {
    for (let count = 0; count < 3; count += 1) circuit.failed();
    clock.advance(999);
    expect((await outcome()).now).toBe(refused);
    clock.advance(1);
    const [first, second] = [await outcome(), await outcome()];
    expect([first.now, second.now, probes.length]).toEqual(['waits', 'waits', 1]);
    probes[0]!.answer();
    await settled();
    expect([first.state(), second.state()]).toEqual(['enters', 'enters']);
    expect((await outcome()).now).toBe('enters');
    expect(notices.at(-1)).toBe('db answers again.');
    expect(clock.pending()).toBe(0);
  });

  test('lets nobody wait long for the answer', async () => {
    for (let count = 0; count < 3; count += 1) circuit.failed();
    clock.advance(1000);
    const caller = await outcome();
    clock.advance(30);
    await settled();
    expect(caller.state()).toBe(refused);
    // The question is still open; it is not asked twice.
    const next = await outcome();
    expect([next.now, probes.length]).toEqual(['waits', 1]);
    probes[0]!.fail();
    await settled();
    expect(next.state()).toBe(refused);
    expect((await outcome()).now).toBe(refused);
    expect(probes).toHaveLength(1);
    clock.advance(1000);
    await outcome();
    expect(probes).toHaveLength(2);
    expect(notices).toHaveLength(1);
  });

  test('comes back without anybody who asks', async () => {
    for (let count = 0; count < 3; count += 1) circuit.failed();
    clock.advance(1000);
    const caller = await outcome();
    clock.advance(30);
    await settled();
    expect(caller.state()).toBe(refused);
    probes[0]!.answer();
    await settled();
    expect((await outcome()).now).toBe('enters');
  });
});
