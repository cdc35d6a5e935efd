import { answerText } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { callWire, type FailingModel, modelName, startWireBench, type WireBench, words } from './wire-bench.ts';
import { type WireCaller, wireCallers } from './wire-callers.ts';
import { judgeStream } from './wire-verdict.ts';

const resets = 200;
const whole = answerText(words);
const model = (wire: ProtocolName): FailingModel => ({ wire, fault: 'reset', rescue: undefined });

let bench: WireBench;
beforeAll(async () => {
  bench = await startWireBench({ models: protocolNames.map(model), behaviours: {} });
});
afterAll(() => bench.stop());

/** Numbers from 0 up to 1, the same for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Bytes of the body of a whole stream. */
async function lengthOf(caller: WireCaller): Promise<number> {
  const { path, body } = caller.request('good', true);
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(bench.simulator.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.arrayBuffer()).byteLength;
}

async function resetOnce(caller: WireCaller, wire: ProtocolName, afterBytes: number): Promise<string> {
  const { gateway, simulator } = bench;
  gateway.health.retain([]);
  simulator.script([{ kind: 'reset', when: { afterBytes } }]);
  const { status, isCut, body } = await callWire(gateway.url, caller, { model: modelName(model(wire)), stream: true });
  if (isCut) return `${caller.name}, after ${afterBytes} bytes: the connection broke`;
  if (status !== 200) {
    const message = caller.readError(JSON.parse(body.toString()));
    return status === 502 && message !== '' ? 'failed' : `${caller.name}, after ${afterBytes} bytes: ${status}`;
  }
  const verdict = judgeStream(caller, body, whole);
  return verdict.kind === 'wrong' ? `${caller.name}, after ${afterBytes} bytes: ${verdict.why}` : verdict.kind;
}

it.each(protocolNames)(`${resets} resets of %s anywhere in its stream never pass for an end`, async (wire) => {
  const random = createRandom(protocolNames.indexOf(wire) + 1);
  const length = await lengthOf(wireCallers.find(({ name }) => name === wire)!);
  const results: string[] = [];
  for (let count = 0; count < resets; count++) {
    // Each second one goes to a client of the same wire.
    const others = wireCallers[Math.floor(random() * wireCallers.length)]!;
    const caller = count % 2 === 0 ? wireCallers.find(({ name }) => name === wire)! : others;
    results.push(await resetOnce(caller, wire, Math.floor(random() * length)));
  }
  expect(results.filter((result) => !['failed', 'honest error', 'whole'].includes(result))).toEqual([]);
  // Both sides of the first content were met.
  expect(results.filter((result) => result === 'failed').length).toBeGreaterThan(resets / 20);
  expect(results.filter((result) => result === 'honest error').length).toBeGreaterThan(resets / 4);
  expect(bench.gateway.slots.counts('admission')).toEqual({ inFlight: 0, queued: 0 });
});
