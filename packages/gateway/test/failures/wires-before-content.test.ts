import { answerText, type Behaviour } from '@llm-gateway/simulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import type { Reply } from './caller.ts';
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
  /** The status that its caller gets when nothing else can answer. */
  readonly status: readonly number[];
  /** What the trail calls it. */
  readonly outcome: RegExp;
  /** Where it can happen; everywhere when not given. */
  readonly stream?: boolean;
  readonly wires?: readonly ProtocolName[];
}

const head = { kind: 'raw', wire: true } as const;
const broken = { status: [502], outcome: /truncated|transient|connect_failed|malformed/ };
const unreadable = { status: [502], outcome: /malformed|truncated/ };
const sse = protocolNames.filter((wire) => wire !== 'bedrock-converse');

const faults: Readonly<Record<string, Fault>> = {
  reset: { behaviour: { kind: 'reset', when: 'before-headers' }, ...broken },
  'reset-after-head': { behaviour: { kind: 'reset', when: 'after-headers' }, ...broken },
  'half-a-head': { behaviour: { ...head, bytes: 'HTTP/1.1 200 OK\r\ncontent-ty' }, ...broken },
  'no-http': { behaviour: { ...head, bytes: 'SSH-2.0-OpenSSH_9.6\r\n' }, ...broken },
  'no-byte': { behaviour: { ...head, bytes: '' }, ...broken },
  'status-500': { behaviour: { kind: 'status', status: 500 }, status: [502], outcome: /transient 500/ },
  'status-502-html': {
    behaviour: {
      kind: 'status',
      status: 502,
      body: '<html>Bad gateway</html>',
      headers: { 'content-type': 'text/html' },
    },
    status: [502],
    outcome: /transient 502/,
  },
  'status-503': { behaviour: { kind: 'status', status: 503 }, status: [503], outcome: /overloaded 503/ },
  'status-429': {
    behaviour: { kind: 'status', status: 429, headers: { 'retry-after': '7' } },
    status: [429],
    outcome: /rate_limited 429/,
  },
  'status-302': {
    behaviour: { kind: 'status', status: 302, body: '', headers: { location: 'https://elsewhere.example/' } },
    ...unreadable,
  },
  // One request each: they take the target out at once.
  'status-401': {
    behaviour: { kind: 'status', status: 401 },
    status: [502],
    outcome: /credential_refused 401/,
    stream: true,
  },
  'status-402': {
    behaviour: { kind: 'status', status: 402 },
    status: [503],
    outcome: /quota_exhausted 402/,
    stream: true,
  },
  'status-204': { behaviour: { kind: 'raw', status: 204, bytes: '' }, ...unreadable },
  html: { behaviour: { kind: 'html-200' }, ...unreadable },
  empty: { behaviour: { kind: 'empty-200' }, ...unreadable },
  malformed: { behaviour: { kind: 'malformed-event', at: 0 }, ...unreadable },
  corrupt: {
    behaviour: { kind: 'malformed-event', at: 0, corrupt: true },
    ...unreadable,
    stream: true,
    wires: ['bedrock-converse'],
  },
  'error-first': {
    behaviour: { kind: 'error-event', afterTokens: 0 },
    status: [502, 503],
    outcome: /transient|overloaded|malformed/,
  },
  'error-after-role': {
    behaviour: { kind: 'error-event', afterTokens: 0, role: true },
    status: [502, 503],
    outcome: /transient|overloaded/,
    stream: true,
  },
  'error-as-body': {
    behaviour: { kind: 'raw', bytes: '{"error":{"message":"No.","type":"server_error","code":500}}' },
    status: [502],
    outcome: /transient|malformed|truncated/,
  },
  'json-to-stream': { behaviour: { kind: 'json-to-stream' }, ...unreadable, stream: true },
  gzip: { behaviour: { kind: 'gzip' }, ...unreadable },
  'no-events': { behaviour: { kind: 'truncate', afterTokens: 0, clean: true }, ...unreadable },
  'no-events-unclean': { behaviour: { kind: 'truncate', afterTokens: 0, clean: false }, ...broken },
  'half-unary': { behaviour: { kind: 'truncate', afterTokens: 5, clean: true }, ...unreadable, stream: false },
  'half-unary-closed': { behaviour: { kind: 'truncate', afterTokens: 5, clean: false }, ...broken, stream: false },
  'half-unary-reset': { behaviour: { kind: 'reset', when: { afterTokens: 5 } }, ...broken, stream: false },
  'null-answer': { behaviour: { kind: 'raw', bytes: 'null' }, ...unreadable },
  'empty-object': { behaviour: { kind: 'raw', bytes: '{}' }, ...unreadable },
  'only-comments': {
    behaviour: { kind: 'raw', bytes: ': ping\n\n: ping\n\n', headers: { 'content-type': 'text/event-stream' } },
    ...unreadable,
    stream: true,
    wires: sse,
  },
  'only-the-terminator': {
    behaviour: { kind: 'raw', bytes: 'data: [DONE]\n\n', headers: { 'content-type': 'text/event-stream' } },
    ...unreadable,
    stream: true,
    wires: sse,
  },
};

const silences: Readonly<Record<string, Fault>> = {
  hang: { behaviour: { kind: 'hang', when: 'before-headers' }, status: [504], outcome: /headers_timeout/ },
  'hang-after-head': {
    behaviour: { kind: 'hang', when: 'after-headers' },
    status: [504],
    outcome: /first_token_timeout|idle_timeout/,
  },
};

/** The good target is of another wire than the failing one, a different one for each fault. */
function rescueOf(wire: ProtocolName, place: number): ProtocolName {
  const { length } = protocolNames;
  return protocolNames[(protocolNames.indexOf(wire) + 1 + (place % (length - 1))) % length]!;
}

function modelsFor(table: Readonly<Record<string, Fault>>): FailingModel[] {
  return protocolNames.flatMap((wire) =>
    Object.keys(table).flatMap((fault, place) => [
      { wire, fault, rescue: rescueOf(wire, place) },
      { wire, fault, rescue: undefined },
    ]),
  );
}

const behavioursOf = (table: Readonly<Record<string, Fault>>) =>
  Object.fromEntries(Object.entries(table).map(([name, { behaviour }]) => [name, behaviour]));

interface Case {
  readonly caller: WireCaller;
  readonly upstream: ProtocolName;
  readonly name: string;
  readonly fault: Fault;
  readonly stream: boolean;
}

/** What of the table can happen between a caller and an upstream. */
function casesOf(pair: { readonly caller: WireCaller; readonly upstream: ProtocolName }, table: typeof faults): Case[] {
  const { caller, upstream } = pair;
  // Both forms of Gemini's wire have the same whole answers.
  const modes = caller.name === caller.wire ? [true, false] : [true];
  // All on the same wire; of what is translated each pair takes every third, so that each fault meets all wires.
  const turn = wireCallers.indexOf(caller) + protocolNames.indexOf(upstream);
  const faultsHere = Object.entries(table).filter(
    (_, place) => caller.wire === upstream || table !== faults || (place + turn) % 3 === 0,
  );
  return faultsHere.flatMap(([name, fault]) =>
    modes
      .filter((stream) => (fault.stream ?? stream) === stream && (fault.wires ?? protocolNames).includes(upstream))
      .map((stream) => ({ caller, upstream, name, fault, stream })),
  );
}

type Answered = Omit<Reply, 'durationMs'>;

function expectRescued({ caller, fault, stream }: Case, reply: Answered): void {
  const whole = answerText(words);
  expect({ status: reply.status, isCut: reply.isCut, trail: reply.headers['x-gateway-attempts'] }).toEqual({
    status: 200,
    isCut: false,
    trail: expect.stringMatching(new RegExp(`^\\S+ (${fault.outcome.source})[^,]*, \\S+ ok$`)),
  });
  expect(reply.headers['content-encoding']).toBeUndefined();
  if (stream) {
    expect(reply.headers['content-type']).toMatch(caller.streamType);
    expect(judgeStream(caller, reply.body, whole)).toEqual({ kind: 'whole' });
  } else {
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    expect(caller.readAnswer(JSON.parse(reply.body.toString()))).toEqual({
      text: whole,
      finish: expect.stringMatching(/./),
    });
  }
}

function expectTold({ caller, fault }: Case, reply: Answered): void {
  const { status, headers, body, isCut } = reply;
  expect(fault.status).toContain(status);
  expect({ isCut, type: headers['content-type'], encoding: headers['content-encoding'] }).toEqual({
    isCut: false,
    type: expect.stringMatching(/^application\/json/),
    encoding: undefined,
  });
  const value: unknown = JSON.parse(body.toString());
  expect(caller.readError(value)).toMatch(/^No target could answer: ./);
  expect(caller.readAnswer(value)).toEqual({ text: '', finish: '' });
  if (status === 429) expect(headers['retry-after']).toBe('7');
  if (status === 502) expect(headers['retry-after']).toBeUndefined();
  if (caller.wire === 'bedrock-converse') expect(headers['x-amzn-errortype']).toMatch(/^[A-Z]\w+Exception$/);
  else expect(headers['x-amzn-errortype']).toBeUndefined();
}

async function ask(bench: WireBench, { caller, upstream, name, stream }: Case, rescue: ProtocolName | undefined) {
  return callWire(bench.gateway.url, caller, { model: modelName({ wire: upstream, fault: name, rescue }), stream });
}

let bench: WireBench;
let hasty: WireBench;
let impatient: WireBench;
beforeAll(async () => {
  const behaviours = { ...behavioursOf(faults), ...behavioursOf(silences) };
  const early = { headers_seconds: 1, stream_headers_seconds: 1, first_token_seconds: 1 };
  [bench, hasty, impatient] = await Promise.all([
    startWireBench({ models: modelsFor(faults), behaviours }),
    // Gives up early on a target while another is left, and waits long for that one.
    startWireBench({ models: modelsFor(silences), behaviours, timeout: { ...early, idle_seconds: 20 } }),
    startWireBench({
      models: modelsFor(silences),
      behaviours,
      timeout: { ...early, idle_seconds: 1, request_seconds: 1.5 },
    }),
  ]);
});
beforeEach(() => forgetFailures([bench, hasty, impatient]));
afterAll(async () => {
  const benches = [bench, hasty, impatient];
  const errors = benches.flatMap(({ gateway }) => gateway.logLines.filter(({ level }) => level === 'error'));
  await Promise.all(benches.map(({ stop }) => stop()));
  expect(errors).toEqual([]);
});

describe.each(wirePairs)('a client of $client before $upstream, failing before its first content', (pair) => {
  const cases = casesOf(pair, faults);
  const titled = (check: (one: Case) => Promise<void>) =>
    cases.map((one) => {
      const run = async () => {
        await check(one);
        return [];
      };
      return [`${one.name} (${one.stream ? 'stream' : 'unary'})`, run] as const;
    });

  it('has the whole answer of another wire', async () => {
    const place = (name: string) => Object.keys(faults).indexOf(name);
    const found = await complaints(
      titled(async (one) => expectRescued(one, await ask(bench, one, rescueOf(one.upstream, place(one.name))))),
    );
    expect(found).toEqual([]);
  });

  it('is told the failure in its own wire when there is no other target', async () => {
    const found = await complaints(titled(async (one) => expectTold(one, await ask(bench, one, undefined))));
    expect(found).toEqual([]);
  });
});

describe('a silence before the first content', () => {
  const cases = wirePairs.flatMap((pair) => casesOf(pair, silences));
  const titled = (check: (one: Case) => Promise<void>) =>
    cases.map((one) => {
      const run = async () => {
        await check(one);
        return [];
      };
      return [`${one.caller.name} before ${one.upstream}, ${one.name}, ${one.stream}`, run] as const;
    });

  it('is left for another wire, whole', async () => {
    const place = (name: string) => Object.keys(silences).indexOf(name);
    const found = await complaints(
      titled(async (one) => {
        // A whole answer has no first token to wait for; its whole time is one limit.
        if (!one.stream && one.name === 'hang-after-head') return;
        expectRescued(one, await ask(hasty, one, rescueOf(one.upstream, place(one.name))));
      }),
    );
    expect(found).toEqual([]);
  });

  it('is told in the wire of the caller when there is no other target', async () => {
    const found = await complaints(titled(async (one) => expectTold(one, await ask(impatient, one, undefined))));
    expect(found).toEqual([]);
  });
});
