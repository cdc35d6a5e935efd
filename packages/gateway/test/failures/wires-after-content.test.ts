import { answerText, type Behaviour } from '@llm-gateway/simulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import {
  callWire,
  complaints,
  type FailingModel,
  forgetFailures,
  modelName,
  startWireBench,
  type WireBench,
  wirePairs,
  words,
} from './wire-bench.ts';
import { type WireCaller, wireCallers } from './wire-callers.ts';
import { judgeStream } from './wire-verdict.ts';

interface Fault {
  readonly behaviour: Behaviour;
  /** A reset may overtake what was sent before it. */
  readonly mayLoseWords?: boolean;
  readonly wires?: readonly ProtocolName[];
}

const said = 5;
const good = protocolNames[0]!;

const faults: Readonly<Record<string, Fault>> = {
  reset: { behaviour: { kind: 'reset', when: { afterTokens: said } }, mayLoseWords: true },
  closed: { behaviour: { kind: 'truncate', afterTokens: said, clean: false } },
  ended: { behaviour: { kind: 'truncate', afterTokens: said, clean: true } },
  malformed: { behaviour: { kind: 'malformed-event', at: said } },
  'not-an-object': { behaviour: { kind: 'malformed-event', at: said, data: '[1]' }, wires: ['openai-chat', 'gemini'] },
  corrupt: { behaviour: { kind: 'malformed-event', at: said, corrupt: true }, wires: ['bedrock-converse'] },
  error: { behaviour: { kind: 'error-event', afterTokens: said } },
  'error-then-done': { behaviour: { kind: 'error-event', afterTokens: said, done: true } },
  'error-at-the-end': { behaviour: { kind: 'error-event', afterTokens: words } },
  'no-end': { behaviour: { kind: 'truncate', afterTokens: words, clean: true } },
};

const silence: Readonly<Record<string, Fault>> = {
  hang: { behaviour: { kind: 'hang', when: { afterTokens: said } } },
};

/** Whole answers of more than four megabytes flow. */
const flowing: Readonly<Record<string, Fault>> = {
  long: { behaviour: { kind: 'truncate', text: 'word '.repeat(1_200_000), afterTokens: 1_000_000, clean: true } },
};

const tables = { ...faults, ...silence, ...flowing };

function modelsFor(table: Readonly<Record<string, Fault>>): FailingModel[] {
  // The second target shows that an answer which has begun is not begun again.
  return protocolNames.flatMap((wire) => Object.keys(table).map((fault) => ({ wire, fault, rescue: good })));
}

interface Case {
  readonly caller: WireCaller;
  readonly upstream: ProtocolName;
  readonly name: string;
  readonly fault: Fault;
}

function casesOf(
  { caller, upstream }: { readonly caller: WireCaller; readonly upstream: ProtocolName },
  table: Readonly<Record<string, Fault>>,
): Case[] {
  return Object.entries(table)
    .filter(([, { wires }]) => (wires ?? protocolNames).includes(upstream))
    .map(([name, fault]) => ({ caller, upstream, name, fault }));
}

/** How many words come before the fault. */
function wordsBefore({ name }: Case): number {
  return name === 'no-end' || name === 'error-at-the-end' ? words : said;
}

async function expectHonest(bench: WireBench, one: Case): Promise<readonly string[]> {
  const { caller, upstream, name, fault } = one;
  const model = modelName({ wire: upstream, fault: name, rescue: good });
  const reply = await callWire(bench.gateway.url, caller, { model, stream: true });
  expect({ status: reply.status, isCut: reply.isCut }).toEqual({ status: 200, isCut: false });
  const whole = answerText(words);
  const verdict = judgeStream(caller, reply.body, whole);
  const text = answerText(wordsBefore(one));
  if (fault.mayLoseWords && verdict.kind === 'whole') return [];
  expect(verdict).toEqual({
    kind: 'honest error',
    message: expect.stringMatching(/^No target could answer: ./),
    text: fault.mayLoseWords ? expect.stringMatching(/^/) : text,
  });
  if (!fault.mayLoseWords) expect(reply.headers['x-gateway-attempts']).toMatch(/^\S+ ok$/);
  expect(reply.headers['content-type']).toMatch(caller.streamType);
  // A cut may come after all was said, but what ends the answer must not follow.
  const told = caller.readStream(reply.body);
  expect({ finishes: told.finishes, terminators: told.terminators }).toEqual({ finishes: [], terminators: 0 });
  return [];
}

const checksOf = (bench: () => WireBench, cases: readonly Case[]) =>
  cases.map((one) => {
    const title = `${one.caller.name} before ${one.upstream}, ${one.name}`;
    return [title, () => expectHonest(bench(), one)] as const;
  });

let bench: WireBench;
let impatient: WireBench;
beforeAll(async () => {
  const behaviours = Object.fromEntries(Object.entries(tables).map(([name, { behaviour }]) => [name, behaviour]));
  [bench, impatient] = await Promise.all([
    startWireBench({ models: modelsFor({ ...faults, ...flowing }), behaviours }),
    startWireBench({ models: modelsFor(silence), behaviours, timeout: { idle_seconds: 1 } }),
  ]);
});
beforeEach(() => forgetFailures([bench, impatient]));
afterAll(async () => {
  const benches = [bench, impatient];
  const errors = benches.flatMap(({ gateway }) => gateway.logLines.filter(({ level }) => level === 'error'));
  const slots = benches.map(({ gateway }) => gateway.slots.counts('admission'));
  await Promise.all(benches.map(({ stop }) => stop()));
  expect(errors).toEqual([]);
  expect(slots).toEqual(benches.map(() => ({ inFlight: 0, queued: 0 })));
});

describe.each(wirePairs)('a client of $client before $upstream', (pair) => {
  it('is told in band that its answer broke off, and nothing that looks like an end', async () => {
    expect(await complaints(checksOf(() => bench, casesOf(pair, faults)))).toEqual([]);
  });
});

it('a silence in the middle of a stream is told on every wire', async () => {
  const cases = wirePairs.flatMap((pair) => casesOf(pair, silence));
  expect(await complaints(checksOf(() => impatient, cases))).toEqual([]);
});

it.each(protocolNames)('a whole answer of %s that is too long to be held, and breaks off, is cut', async (wire) => {
  const caller = wireCallers.find(({ name }) => name === wire)!;
  const model = modelName({ wire, fault: 'long', rescue: good });
  const reply = await callWire(bench.gateway.url, caller, { model, stream: false });
  expect({ status: reply.status, isCut: reply.isCut }).toEqual({ status: 200, isCut: true });
  expect(reply.body.length).toBeGreaterThan(4_000_000);
  expect(() => JSON.parse(reply.body.toString())).toThrow(SyntaxError);
});

it('a response that broke off is not kept for later requests', async () => {
  const caller = wireCallers.find(({ name }) => name === 'openai-responses')!;
  const model = modelName({ wire: 'anthropic-messages', fault: 'ended', rescue: good });
  const { body } = await callWire(bench.gateway.url, caller, { model, stream: true });
  const id = /"id":"(resp_[^"]+)"/.exec(body.toString())?.[1];
  expect(id).toBeDefined();
  const kept = await fetch(`${bench.gateway.url}/v1/responses/${id}`);
  expect(kept.status).toBe(404);
});
