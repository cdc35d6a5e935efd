import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerText } from './answer-text.ts';
import { hugeEventText } from './plan-reply.ts';
import { findScenario, scenarios } from './scenarios.ts';
import { type Simulator, startSimulator } from './simulator.ts';
import { exchange, type RawReply } from './testing/raw-exchange.ts';
import { bodyOf, playedWires } from './testing/wires.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ tokens: 8 });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const text = answerText(8);
const played = new Set<string>();

describe.each(playedWires)('scenarios on $name', (wire) => {
  async function play(model: string, stream = true): Promise<RawReply> {
    const { path, body } = wire.request(model, stream);
    const reply = await exchange(simulator.url, { path, body });
    await simulator.waitUntil(() => simulator.attempts.at(-1)?.outcome !== undefined);
    const scenario = findScenario(model.split(/[?:]/)[0] ?? '');
    const { model: asked, scenario: met, stream: streamed } = simulator.attempts.at(-1) ?? {};
    expect([asked, met, streamed]).toEqual([model, scenario?.name, stream]);
    played.add(scenario?.name ?? '');
    return reply;
  }

  async function expectWhole(model: string): Promise<RawReply> {
    const reply = await play(model);
    expect(reply, model).toMatchObject({ status: 200, complete: true });
    expect(wire.read(bodyOf(reply)), model).toEqual({ text, finish: expect.any(String), errors: [] });
    const unary = await play(model, false);
    expect(wire.whole(JSON.parse(unary.text)), model).toBe(text);
    return reply;
  }

  it('answers errors in its own shape, as often as told', async () => {
    const statuses = {
      f2: 429,
      f4: 503,
      f12: 400,
      f13: 400,
      f16: 503,
      f23: 401,
      f23b: 403,
      f24: 402,
      f24b: 429,
      f24c: 403,
    };
    for (const [model, status] of Object.entries(statuses)) {
      for (const stream of [true, false]) {
        const reply = await play(model, stream);
        expect(reply, model).toMatchObject({ status, complete: true, headers: { 'content-type': 'application/json' } });
        expect(wire.isError(JSON.parse(reply.text)), reply.text).toBe(true);
      }
    }
    const limited = await play('f1:a');
    expect(limited).toMatchObject({ status: 429, headers: { 'retry-after': '2' } });
    await expectWhole('f1:a');
    for (const model of ['f3', 'f15?seconds=0.05', 'f25?bad=20'])
      expect((await play(model)).status).toBeGreaterThan(499);
    await expectWhole('f3');
    await expectWhole('f25?bad=0');
  });

  it('breaks off where told', async () => {
    for (const model of ['f8', 'f8b', 'f14a']) {
      const cut = await play(`${model}?after=3`);
      expect(cut.complete, model).toBe(false);
      expect(wire.read(bodyOf(cut))).toEqual({ text: answerText(3), finish: undefined, errors: [] });
      expect((await play(`${model}?after=3`, false)).complete, model).toBe(false);
    }
    const ended = await play('f8c?after=3');
    expect(ended.complete).toBe(true);
    expect(wire.read(bodyOf(ended))).toEqual({ text: answerText(3), finish: undefined, errors: [] });
    const silent = await play('f9?after=2&seconds=0.02');
    expect(silent.complete).toBe(false);
    expect(wire.read(bodyOf(silent)).text).toBe(answerText(2));
    for (const model of ['f5', 'f22d']) expect(await play(model)).toMatchObject({ error: 'ECONNRESET', status: 0 });
    expect(await play('f22b')).toMatchObject({ status: 0, bytes: Buffer.alloc(0) });
    expect((await play('f22c')).bytes.toString()).toMatch(/^SSH/);
  });

  it('tells errors inside a stream', async () => {
    for (const [model, said] of [
      ['f17a', ''],
      ['f17b?after=3', answerText(3)],
      ['f17c', ''],
      ['f17d?after=3', answerText(3)],
    ] as const) {
      const reply = await play(model);
      expect(reply, model).toMatchObject({ status: 200, complete: true });
      const reading = wire.read(bodyOf(reply));
      expect(reading.text, model).toBe(said);
      expect(reading.errors, model).toHaveLength(1);
      const unary = await play(model, false);
      expect(wire.isError(JSON.parse(unary.text)), unary.text).toBe(true);
    }
  });

  it('answers what is no answer', async () => {
    expect((await play('f18a')).headers['content-type']).toMatch(/html/);
    expect(await play('f18b')).toMatchObject({ status: 200, text: '', complete: true });
    const json = await play('f18c');
    expect(json.headers['content-type']).toMatch(/^application\/json/);
    expect(wire.whole(JSON.parse(json.text))).toBe(text);
    const zipped = await play('f18d');
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(wire.read(gunzipSync(bodyOf(zipped))).text).toBe(text);
    expect(await play('f18e')).toMatchObject({ status: 200, text: '', complete: true });
  });

  it('malforms one event', async () => {
    const good = bodyOf(await play('sim'));
    const reply = await play('f10?after=3');
    expect(bodyOf(reply).length).toBeGreaterThan(good.length + 20);
    expect(reply.chunks.length).toBe((await play('sim')).chunks.length + 1);
    const unary = await play('f10', false);
    expect(() => JSON.parse(unary.text)).toThrow();
  });

  it('answers well in odd forms', async () => {
    for (const model of ['f7?seconds=0.01', 'f11', 'f14b', 'f19b', 'f19c', 'f19d', 'f19e', 'f19f', 'f19g', 'f19h']) {
      await expectWhole(model);
    }
    await expectWhole('f20a?rate=10000000');
    await expectWhole('f21c?gap=0&tokens=8');
    expect((await play('f19g')).chunks).toHaveLength(1);
    const huge = await play('f19a?bytes=5000');
    expect(wire.read(bodyOf(huge)).text).toBe(hugeEventText(5_000));
  });

  it('floods', async () => {
    const reply = await play('f20b?bytes=60000');
    expect(reply.complete).toBe(true);
    const { text: said, finish } = wire.read(bodyOf(reply));
    // Compared without the text, which would fill a screen.
    expect(/^A( (?:flood!){2700}){4,}$/.test(said)).toBe(true);
    expect(finish).toBeDefined();
  });
});

describe('all scenarios', () => {
  it('are played above, but for silences and connections used again', () => {
    const elsewhere = ['f6', 'f21a', 'f21b', 'f22a'];
    expect([...new Set([...played, ...elsewhere])].filter(Boolean).sort()).toEqual(
      scenarios.map(({ name }) => name).sort(),
    );
  });
});
