import { crc32 } from 'node:zlib';
import { type Behaviour, hugeEventText } from '@llm-gateway/simulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { callWire, complaints, modelName, startWireBench, type WireBench, wirePairs } from './wire-bench.ts';
import { type WireCaller, wireCallers } from './wire-callers.ts';
import { judgeStream } from './wire-verdict.ts';

const text = 'Grüße aus der 漢字 Stadt 👩‍🚀 und zurück.';
const sse = protocolNames.filter((wire) => wire !== 'bedrock-converse');

interface Oddity {
  readonly behaviour: Behaviour;
  readonly whole?: string;
  readonly wires?: readonly ProtocolName[];
}

const typed = (type: string): Behaviour => ({ kind: 'answer', text, headers: { 'content-type': type } });

const oddities: Readonly<Record<string, Oddity>> = {
  crlf: { behaviour: { kind: 'answer', text, newline: '\r\n' }, wires: sse },
  cr: { behaviour: { kind: 'answer', text, newline: '\r' }, wires: sse },
  lf: { behaviour: { kind: 'answer', text, newline: '\n' }, wires: sse },
  bom: { behaviour: { kind: 'answer', text, bom: true }, wires: sse },
  comments: { behaviour: { kind: 'answer', text, comments: true }, wires: sse },
  everything: {
    behaviour: { kind: 'answer', text, bom: true, comments: true, newline: '\r\n', chunking: [1, 2, 3, 5, 7, 11, 13] },
    wires: sse,
  },
  'cr-in-single-bytes': { behaviour: { kind: 'answer', text, newline: '\r', chunking: 'byte' }, wires: sse },
  'single-bytes': { behaviour: { kind: 'answer', text, chunking: 'byte' } },
  'one-chunk': { behaviour: { kind: 'answer', text, chunking: 'all' } },
  'odd-chunks': { behaviour: { kind: 'answer', text, chunking: [1, 2, 3, 5, 7, 11, 13] } },
  'no-terminator': {
    behaviour: { kind: 'answer', text, done: false },
    wires: ['openai-chat', 'bedrock-converse', 'gemini', 'cohere-chat'],
  },
  'no-usage': { behaviour: { kind: 'answer', text, usage: 'never' } },
  'type-with-charset': { behaviour: typed('text/event-stream; charset=utf-8'), wires: sse },
  'type-in-capitals': { behaviour: typed('Text/Event-Stream;charset=UTF-8'), wires: sse },
  'type-in-other-capitals': { behaviour: typed('application/vnd.amazon.EventStream'), wires: ['bedrock-converse'] },
  megabyte: { behaviour: { kind: 'huge-event', bytes: 1_000_000 }, whole: hugeEventText(1_000_000) },
};

const tooLong: Oddity = { behaviour: { kind: 'huge-event', bytes: 17 * 1024 * 1024 } };

/** A frame whose length says more than any may have, checksum and all, and one whose length is nonsense. */
const frames: Readonly<Record<string, Behaviour>> = {
  'endless-frame': rawBytes(prelude(0x8000_0000, 80)),
  'too-short-frame': rawBytes(prelude(20, 80)),
  'text-for-a-frame': rawBytes(Buffer.from('data: {"a":1}\n\n')),
};

function prelude(length: number, headers: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(headers, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  return bytes;
}

function rawBytes(bytes: Buffer): Behaviour {
  const headers = { 'content-type': 'application/vnd.amazon.eventstream' };
  return { kind: 'raw', base64: bytes.toString('base64'), headers };
}

let bench: WireBench;
beforeAll(async () => {
  const behaviours = Object.fromEntries([
    ...Object.entries({ ...oddities, 'too-long': tooLong }).map(([name, { behaviour }]) => [name, behaviour]),
    ...Object.entries(frames),
  ]);
  const models = protocolNames.flatMap((wire) =>
    Object.keys(behaviours).map((fault) => ({ wire, fault, rescue: undefined })),
  );
  bench = await startWireBench({ models, behaviours });
});
beforeEach(() => bench.gateway.health.retain([]));
afterAll(async () => {
  const errors = bench.gateway.logLines.filter(({ level }) => level === 'error');
  await bench.stop();
  expect(errors).toEqual([]);
});

const ask = (caller: WireCaller, wire: ProtocolName, fault: string) =>
  callWire(bench.gateway.url, caller, { model: modelName({ wire, fault, rescue: undefined }), stream: true });

it.each(wirePairs)(
  'however $upstream is framed, a client of $client has the whole answer',
  async ({ caller, upstream }) => {
    const own = wireCallers.findIndex(({ name }) => name === upstream);
    const isNear = caller === wireCallers[own] || caller === wireCallers[(own + 1) % wireCallers.length];
    const possible = Object.entries(oddities).filter(
      ([name, { wires }]) => (wires ?? protocolNames).includes(upstream) && (isNear || name !== 'megabyte'),
    );
    const found = await complaints(
      possible.map(([name, { whole = text }]) => {
        const check = async () => {
          const reply = await ask(caller, upstream, name);
          expect({ status: reply.status, isCut: reply.isCut }).toEqual({ status: 200, isCut: false });
          const { text: said, finishes, errors } = caller.readStream(reply.body);
          // A difference within a megabyte is nothing to print.
          expect({ isSaid: said === whole, finishes: finishes.length, errors }).toEqual({
            isSaid: true,
            finishes: 1,
            errors: [],
          });
          expect(judgeStream(caller, reply.body, whole).kind).toBe('whole');
          return [];
        };
        return [name, check] as const;
      }),
    );
    expect(found).toEqual([]);
  },
);

describe.each(protocolNames)('an event of %s that is longer than any may be', (upstream) => {
  const own = wireCallers.findIndex(({ name }) => name === upstream);
  it.each([wireCallers[own]!, wireCallers[(own + 1) % wireCallers.length]!])(
    'is told to a client of $name',
    async (caller) => {
      const reply = await ask(caller, upstream, 'too-long');
      if (reply.status !== 200) {
        expect(caller.readError(JSON.parse(reply.body.toString()))).toContain('stream is broken');
        return;
      }
      const verdict = judgeStream(caller, reply.body, hugeEventText(17 * 1024 * 1024));
      expect(verdict).toMatchObject({ kind: 'honest error', text: 'Here:' });
    },
  );
});

it.each(Object.keys(frames))('a binary stream with %s is a failure with a status', async (name) => {
  for (const caller of wireCallers) {
    bench.gateway.health.retain([]);
    const reply = await ask(caller, 'bedrock-converse', name);
    expect(reply.status).toBe(502);
    expect(caller.readError(JSON.parse(reply.body.toString()))).toContain('stream is broken');
  }
});
