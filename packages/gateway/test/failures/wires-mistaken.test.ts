import type { Behaviour } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import {
  callWire,
  complaints,
  type FailingModel,
  modelName,
  startWireBench,
  type WireBench,
  wirePairs,
} from './wire-bench.ts';
import { type WireCaller, wireCallers } from './wire-callers.ts';

const ownCaller = (wire: ProtocolName): WireCaller => wireCallers.find(({ name }) => name === wire)!;
const asked = (wire: ProtocolName, spoken: ProtocolName, stream: boolean): FailingModel => {
  return { wire, fault: `${spoken}-${stream ? 'stream' : 'whole'}`, rescue: undefined };
};

let bench: WireBench;
beforeAll(async () => {
  const source = await startWireBench({ models: [], behaviours: {} });
  const recorded: Record<string, Behaviour> = {};
  for (const spoken of protocolNames) {
    for (const stream of [true, false]) {
      const bytes = await answerOf(source, spoken, stream);
      recorded[asked(spoken, spoken, stream).fault] = { kind: 'raw', base64: bytes.toString('base64') };
    }
  }
  await source.stop();
  const models = protocolNames.flatMap((wire) =>
    protocolNames.flatMap((spoken) => [true, false].map((stream) => asked(wire, spoken, stream))),
  );
  bench = await startWireBench({ models, behaviours: {} });
  bench.simulator.behave(({ model }) => {
    const [, fault = '', wire = ''] = model.split('.');
    const { streamType } = ownCaller(wire as ProtocolName);
    // All that is right is the type of the content.
    const type = fault.endsWith('-stream') ? streamType : 'application/json';
    return { ...(recorded[fault] as Extract<Behaviour, { kind: 'raw' }>), headers: { 'content-type': type } };
  });
});
afterAll(async () => {
  const errors = bench.gateway.logLines.filter(({ level }) => level === 'error');
  await bench.stop();
  expect(errors).toEqual([]);
});

/** Relayed, a whole answer is known by its one member that both of these have. */
function isAlike(upstream: ProtocolName, spoken: ProtocolName, caller: WireCaller): boolean {
  const alike: readonly ProtocolName[] = ['openai-responses', 'bedrock-converse'];
  return caller.wire === upstream && alike.includes(upstream) && alike.includes(spoken);
}

async function answerOf({ simulator }: WireBench, wire: ProtocolName, stream: boolean): Promise<Buffer> {
  const { path, body } = ownCaller(wire).request('good', stream);
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(simulator.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return Buffer.from(await response.arrayBuffer());
}

it.each(wirePairs)(
  'an answer of another wire over $upstream is none to a client of $client',
  async ({ caller, upstream }) => {
    bench.gateway.health.retain([]);
    const others = protocolNames.filter((spoken) => spoken !== upstream);
    const found = await complaints(
      others.flatMap((spoken) =>
        [true, false]
          .filter((stream) => stream || !isAlike(upstream, spoken, caller))
          .map((stream) => {
            const check = async () => {
              const model = modelName(asked(upstream, spoken, stream));
              const reply = await callWire(bench.gateway.url, caller, { model, stream });
              expect({ status: reply.status, body: reply.status === 502 ? '' : reply.body.toString() }).toEqual({
                status: 502,
                body: '',
              });
              expect(caller.readError(JSON.parse(reply.body.toString()))).toMatch(/^No target could answer: ./);
              return [];
            };
            return [`${spoken}, ${stream ? 'streamed' : 'whole'}`, check] as const;
          }),
      ),
    );
    expect(found).toEqual([]);
  },
);
