import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { type WireCaller, wireCallers } from './wire-callers.ts';
import { createPlay, type PlayedReply } from './wire-stream-play.ts';
import { judgeStream } from './wire-verdict.ts';

const text = 'Grüße 漢👩‍🚀';
const call = '{"city":"Zürich","days":2}';
const answers = {
  'a text after a thought': { whole: text, spec: { kind: 'answer', reasoning: 'Hm.', text, usage: 'always' } },
  'a call': {
    whole: call,
    spec: { kind: 'answer', toolCalls: [{ name: 'forecast', arguments: call }], usage: 'always' },
  },
} as const;
const kinds = Object.keys(answers) as (keyof typeof answers)[];

let simulator: Simulator;
const streams = new Map<string, Buffer>();

beforeAll(async () => {
  simulator = await startSimulator();
  for (const wire of protocolNames) {
    for (const kind of kinds) streams.set(`${wire} ${kind}`, await streamOf(wire, kind));
  }
});
afterAll(() => simulator.close());

async function streamOf(wire: ProtocolName, kind: keyof typeof answers): Promise<Buffer> {
  simulator.behave(answers[kind].spec);
  const { path, body } = callerOf(wire).request('m', true);
  const response = await fetch(simulator.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return Buffer.from(await response.arrayBuffer());
}

function callerOf(wire: ProtocolName): WireCaller {
  return wireCallers.find(({ name }) => name === wire)!;
}

/** What is wrong with a reply to a stream that was cut; undefined when nothing is. */
function faultOf(caller: WireCaller, { body, outcome }: PlayedReply, whole: string): string | undefined {
  if (body.length === 0) return outcome.failure && !outcome.isCommitted ? undefined : 'nothing was said';
  const verdict = judgeStream(caller, body, whole);
  if (verdict.kind === 'wrong') return verdict.why;
  const isWhole = verdict.kind === 'whole';
  if (isWhole !== (outcome.failure === undefined)) return `it is ${verdict.kind}, but the outcome is another`;
  return undefined;
}

const cells = protocolNames.flatMap((upstream) =>
  wireCallers.flatMap((caller) => kinds.map((kind) => ({ upstream, caller, client: caller.name, kind }))),
);

describe.each(cells)('$kind over $upstream to a client of $client', ({ upstream, caller, kind }) => {
  const { whole } = answers[kind];
  const bytes = () => streams.get(`${upstream} ${kind}`)!;

  it('arrives whole, in one piece and byte for byte', async () => {
    const play = await createPlay(caller, upstream);
    const { body, outcome } = await play({ chunks: [bytes()], isBroken: false });
    expect({ failure: outcome.failure, verdict: judgeStream(caller, body, whole) }).toEqual({
      failure: undefined,
      verdict: { kind: 'whole' },
    });
    const single = await play({ chunks: [...bytes()].map((byte) => Buffer.of(byte)), isBroken: false });
    expect(single.body.equals(body)).toBe(true);
  });

  it('cut at any byte never passes for more than it is', async () => {
    const play = await createPlay(caller, upstream);
    const found: string[] = [];
    // What is translated is cut at every third byte, broken and ended in turns; of the same wire each cut is tried twice.
    const isOwn = caller.wire === upstream;
    for (let cut = 0; cut < bytes().length; cut += isOwn ? 1 : 3) {
      for (const isBroken of isOwn ? [true, false] : [cut % 2 === 0]) {
        const reply = await play({ chunks: [bytes().subarray(0, cut)], isBroken });
        const fault = faultOf(caller, reply, whole);
        if (fault !== undefined) found.push(`cut at ${cut}, ${isBroken ? 'broken' : 'ended'}: ${fault}`);
      }
    }
    expect(found.slice(0, 5)).toEqual([]);
  });
});

/** No event of any wire, and no frame. */
const junk = {
  sse: Buffer.from('data: {"bro\n\nevent: error\ndata: {"error":{"message":"Late."}}\n\n'),
  binary: Buffer.alloc(40, 0xff),
};
// Gemini's wire has no end that anything could follow.
const ending = protocolNames.filter((wire) => wire !== 'gemini');

describe.each(ending)('%s', (upstream) => {
  it.each(wireCallers)(
    'with bytes behind its end, in one chunk with it, was a failure for a client of $name',
    async (caller) => {
      const play = await createPlay(caller, upstream);
      for (const kind of kinds) {
        const late = upstream === 'bedrock-converse' ? junk.binary : junk.sse;
        const { body, outcome } = await play({
          chunks: [Buffer.concat([streams.get(`${upstream} ${kind}`)!, late])],
          isBroken: false,
        });
        expect(outcome.failure).toBeUndefined();
        expect(judgeStream(caller, body, answers[kind].whole)).toEqual({ kind: 'whole' });
      }
    },
  );
});
