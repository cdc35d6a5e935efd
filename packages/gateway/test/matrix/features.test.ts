import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Feature } from '../../src/canonical/features.ts';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { findProtocol } from '../../src/protocols/find-protocol.ts';
import { type Bench, clients, startBench } from './cell.ts';
import { png } from './feature-ask.ts';
import { featureAsks } from './feature-asks.ts';
import { closeConnections, send } from './wire-client.ts';

/** Named in the asks before the address is known. */
const place = { files: 'http://127.0.0.1:0' };
let server: Server;

beforeAll(async () => {
  const types: Readonly<Record<string, string>> = { png: 'image/png', pdf: 'application/pdf', wav: 'audio/wav' };
  server = createServer(({ url = '' }, response) => {
    response.setHeader('content-type', types[url.split('.').at(-1) ?? ''] ?? 'text/plain');
    response.end(Buffer.from(png, 'base64'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  place.files = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  closeConnections();
  server.close();
});

describe('the asks', () => {
  it.each(protocolNames)('hold all that a client of %s has a name for', (wire) => {
    const { fieldNames } = findProtocol(wire).client;
    expect(Object.keys(featureAsks(place)[wire]).sort()).toEqual(Object.keys(fieldNames).sort());
  });
});

describe.each(protocolNames)('asked over %s', (upstream) => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await startBench(upstream);
  });
  afterAll(async () => {
    await bench.stop();
    expect(bench.gateway.logLines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  for (const client of protocolNames) {
    for (const feature of Object.keys(featureAsks(place)[client]) as Feature[]) {
      const support = becomes({ client, upstream, feature });
      it(`${feature} of a client of ${client} is ${support}`, async () => {
        const asked = await ask({ bench, client, feature });
        const field = findProtocol(client).client.fieldNames[feature]!;
        if (support === 'refused') expectRefusal(asked, { client, field });
        else expectAnswer(asked, { support, field });
        // What the provider cannot fetch stands in the request.
        if (support === 'emulated' && feature.endsWith('Urls')) expect(asked.seen[0]).toContain(png);
      });
    }
  }
});

interface Crossing {
  readonly client: ProtocolName;
  readonly upstream: ProtocolName;
  readonly feature: Feature;
}

/** What becomes of an ask: what the upstream's wire declares, unless the request is relayed. */
function becomes({ client, upstream, feature }: Crossing): string {
  if (client === upstream) return 'relayed';
  // Whether responses are kept is not for the provider to know: the gateway keeps them itself.
  if (client === 'openai-responses' && feature === 'store') return 'done by the gateway';
  // Gemini's settings are a list by kinds of harm, and Cohere's one word for all is refused there.
  if (client === 'cohere-chat' && upstream === 'gemini' && feature === 'safetySettings') return 'dropped';
  return findProtocol(upstream).upstream.support[feature];
}

interface AskInput {
  readonly bench: Bench;
  readonly client: ProtocolName;
  readonly feature: Feature;
}

async function ask({ bench, client, feature }: AskInput) {
  const { simulator, gateway, upstream } = bench;
  const { question, mark } = featureAsks(place)[client][feature]!;
  simulator.reset();
  simulator.behave({ kind: 'answer', text: 'Yes.' });
  const asked = { text: 'Hello!', ...question, model: upstream.model, stream: false };
  const { path, headers, body } = clients[client].requestOf(asked);
  const sent = Buffer.from(JSON.stringify(body));
  const reply = await send(gateway.url + path, headers ?? {}, sent);
  return { reply, mark, sent, seen: simulator.attempts.map((attempt) => attempt.body.toString()) };
}

type Asked = Awaited<ReturnType<typeof ask>>;

/** 400 in the client's own shape, naming the field as the client knows it; the provider is not bothered. */
function expectRefusal({ reply, seen }: Asked, { client, field }: { client: ProtocolName; field: string }): void {
  expect({ status: reply.status, body: reply.bytes.toString() }).toMatchObject({ status: 400 });
  expect(clients[client].readError(reply).message).toContain(field);
  expect(seen).toEqual([]);
}

/** An answer, and what was left out for it told by the client's own name, or there. */
function expectAnswer(
  { reply, mark, sent, seen }: Asked,
  { support, field }: { support: string; field: string },
): void {
  const answer = reply.status === 200 ? '' : reply.bytes.toString();
  expect({ status: reply.status, answer }).toEqual({ status: 200, answer: '' });
  expect(reply.headers['x-gateway-dropped']).toBe(support === 'dropped' ? field : undefined);
  if (support === 'relayed') expect(seen).toEqual([sent.toString()]);
  expect(seen).toHaveLength(1);
  if (support === 'native') expect(seen[0]).toContain(mark);
  if (support === 'dropped' && mark.length > 4) expect(seen[0]).not.toContain(mark);
}
