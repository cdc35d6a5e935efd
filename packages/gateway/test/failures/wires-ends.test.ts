import { answerText, type Behaviour } from '@llm-gateway/simulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { bytesOf, readAll } from './caller.ts';
import {
  callWire,
  complaints,
  type FailingModel,
  forgetFailures,
  modelName,
  openWire,
  startWireBench,
  type WireBench,
  wirePairs,
  words,
} from './wire-bench.ts';
import { type WireCaller, wireCallers } from './wire-callers.ts';
import { judgeStream } from './wire-verdict.ts';

const whole = answerText(words);
const rescueOf = (wire: ProtocolName): ProtocolName =>
  protocolNames[(protocolNames.indexOf(wire) + 1) % protocolNames.length]!;

const behaviours: Readonly<Record<string, Behaviour>> = {
  // All of it is sent, and the connection held.
  held: { kind: 'hang', when: { afterBytes: 10_000_000 } },
  nothing: { kind: 'error-event', afterTokens: 0, role: true },
  half: { kind: 'truncate', afterTokens: 5, clean: false },
  slow: { kind: 'answer', tokens: 1_000, gapMs: 50 },
  pause: { kind: 'hang', when: { afterTokens: 5 } },
};

let bench: WireBench;
let brief: WireBench;
const one = (wire: ProtocolName, fault: string): FailingModel => ({ wire, fault, rescue: undefined });
const two = (wire: ProtocolName): FailingModel => {
  return { wire, fault: 'nothing', rescue: rescueOf(wire), rescueFault: 'half' };
};

beforeAll(async () => {
  const models = protocolNames.flatMap((wire) => [one(wire, 'held'), two(wire)]);
  const timed = protocolNames.map((wire) => one(wire, 'slow'));
  [bench, brief] = await Promise.all([
    startWireBench({ models, behaviours, timeout: { idle_seconds: 20 } }),
    startWireBench({ models: timed, behaviours, timeout: { streaming_seconds: 1 } }),
  ]);
});
beforeEach(() => forgetFailures([bench, brief]));
afterAll(() => Promise.all([bench.stop(), brief.stop()]));

const ask = ({ gateway }: WireBench, caller: WireCaller, model: FailingModel) =>
  callWire(gateway.url, caller, { model: modelName(model), stream: true });

// The end of the body is all that ends an answer on Gemini's wire.
const withTerminator = wirePairs.filter(({ upstream }) => upstream !== 'gemini');

it('a stream is over with its terminator, though its connection is held', async () => {
  const found = await complaints(
    withTerminator.map(({ caller, upstream, client }) => {
      const check = async () => {
        const reply = await ask(bench, caller, one(upstream, 'held'));
        expect(judgeStream(caller, reply.body, whole)).toEqual({ kind: 'whole' });
        return [];
      };
      return [`${client} before ${upstream}`, check] as const;
    }),
  );
  expect(found).toEqual([]);
  // Nothing of them stays: neither a slot nor a socket.
  expect(bench.gateway.slots.counts('admission')).toEqual({ inFlight: 0, queued: 0 });
  await bench.simulator.waitUntil(() => bench.simulator.attempts.every(({ outcome }) => outcome === 'client_closed'));
});

it.each(wirePairs)('one target without a word and one that breaks off are one stream of $client', async (pair) => {
  const { caller, upstream } = pair;
  const reply = await ask(bench, caller, two(upstream));
  expect(reply.headers['x-gateway-attempts']).toMatch(/^\S+ (transient|overloaded) 200, \S+ ok$/);
  expect(judgeStream(caller, reply.body, whole)).toMatchObject({ kind: 'honest error', text: answerText(5) });
});

it('an answer that takes longer than it may is told in the wire of its caller', async () => {
  const found = await complaints(
    wirePairs.map(({ caller, upstream, client }) => {
      const check = async () => {
        const reply = await ask(brief, caller, one(upstream, 'slow'));
        expect(reply.isCut).toBe(false);
        const verdict = judgeStream(caller, reply.body, answerText(1_000));
        expect(verdict).toMatchObject({
          kind: 'honest error',
          message: expect.stringContaining('not complete in time'),
        });
        return [];
      };
      return [`${client} before ${upstream}`, check] as const;
    }),
  );
  expect(found).toEqual([]);
});

describe('a gateway that stops', () => {
  it('tells the callers of all wires in the middle of their streams', async () => {
    const stopping = await startWireBench({ models: protocolNames.map((wire) => one(wire, 'pause')), behaviours });
    const open = await Promise.all(
      wirePairs.map(async ({ caller, upstream, client }) => {
        const model = modelName(one(upstream, 'pause'));
        const response = await openWire(stopping.gateway.url, caller, { model, stream: true }).response;
        const reading = readAll(response);
        await bytesOf(response, 1);
        return { title: `${client} before ${upstream}`, caller, reading };
      }),
    );
    await stopping.stop();
    const found = await complaints(
      open.map(({ title, caller, reading }) => {
        const check = async () => {
          const { body, isCut } = await reading;
          expect(isCut).toBe(false);
          const message = expect.stringContaining('shutting down');
          expect(judgeStream(caller, body, whole)).toMatchObject({ kind: 'honest error', message });
          return [];
        };
        return [title, check] as const;
      }),
    );
    expect(found).toEqual([]);
  });
});

describe('a call that broke off before any of it could be told', () => {
  const toolCall =
    '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}]}}]}';
  const bytes = `data: ${toolCall}\n\n`;
  const calls = { call: { kind: 'raw', bytes, headers: { 'content-type': 'text/event-stream' } } } as const;
  const array = wireCallers.find(({ name }) => name === 'gemini, as an array')!;
  let called: WireBench;

  beforeAll(async () => {
    const alone = one('openai-chat', 'call');
    called = await startWireBench({ models: [alone, { ...alone, rescue: 'cohere-chat' }], behaviours: calls });
  });
  afterAll(() => called.stop());

  it('was an error in the middle of an array that had no beginning', async () => {
    const reply = await ask(called, array, one('openai-chat', 'call'));
    expect(reply.status).toBe(502);
    expect(array.readError(JSON.parse(reply.body.toString()))).toMatch(/./);
  });

  it('was not tried elsewhere', async () => {
    const reply = await ask(called, array, { ...one('openai-chat', 'call'), rescue: 'cohere-chat' });
    expect(reply.headers['x-gateway-attempts']).toMatch(/^\S+ truncated 200, \S+ ok$/);
    expect(judgeStream(array, reply.body, whole)).toEqual({ kind: 'whole' });
  });
});
