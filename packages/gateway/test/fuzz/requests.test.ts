import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../src/canonical/conversation.ts';
import { GatewayError } from '../../src/canonical/gateway-error.ts';
import type { JsonObject } from '../../src/canonical/json.ts';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { findProtocol } from '../../src/protocols/find-protocol.ts';
import type { ClientSide } from '../../src/protocols/protocol.ts';
import { fitToolNames } from '../../src/translation/tool-names.ts';
import { type Translation, translateRequest } from '../../src/translation/translation.ts';
import { legalRequests } from './legal-requests.fixture.ts';
import { recordedSeeds } from './recorded-seeds.ts';
import { requestSeeds } from './request-seeds.ts';
import { patience, runs } from './runs.ts';
import { type ToldRequest, toldOf } from './told-request.ts';
import { bodyOf } from './wire-stream.ts';

const recorded = recordedSeeds();
const pairs = protocolNames.flatMap((from) => protocolNames.map((to) => [from, to] as const));

describe.each(pairs)('a request of %s for an upstream of %s', (client, upstream) => {
  it(
    'says the same there',
    async () => {
      await fc.assert(
        fc.asyncProperty(legalRequests({ origin: client, kind: 'usual' }), async (conversation) => {
          const translation = await translated(conversation, client, upstream);
          if (translation) expectSame(translation);
        }),
        runs(120),
      );
    },
    patience(30_000),
  );

  it(
    'is refused with GatewayError, if at all',
    async () => {
      await fc.assert(
        fc.asyncProperty(legalRequests({ origin: client, kind: 'everything' }), async (conversation) => {
          const translation = await translated(conversation, client, upstream);
          if (translation) readAgain(translation);
        }),
        runs(120),
      );
    },
    patience(30_000),
  );

  it('is read again where it was recorded', async () => {
    const { client: side } = findProtocol(client);
    const seeds = [bodyOf(JSON.stringify(requestSeeds[client])), ...recorded[client].requests];
    for (const body of seeds) {
      const conversation = decoded(side, body);
      // Some recordings show how a provider refuses; what it has refused may be refused here.
      if (!conversation) continue;
      const translation = await translated(conversation, client, upstream);
      if (translation) readAgain(translation);
    }
  });
});

function decoded(side: ClientSide, body: JsonObject): ChatRequest | undefined {
  try {
    return side.decodeRequest(body, side.readFacts(body));
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError);
    return undefined;
  }
}

/** Undefined: it was refused, as it may be. */
async function translated(
  conversation: ChatRequest,
  client: ProtocolName,
  upstream: ProtocolName,
): Promise<Translation | undefined> {
  try {
    return await translateRequest({
      conversation,
      client,
      upstream,
      model: 'anthropic.claude-sonnet-4-5',
      quirks: {},
      maxOutputTokens: undefined,
      fetchMedia: () => Promise.resolve({ mediaType: 'image/png', data: Buffer.from('fetched') }),
    });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    expect(error.kind).toBe('invalid_request');
    return undefined;
  }
}

function readAgain({ upstream, body }: Translation): ChatRequest {
  const value = bodyOf(body.toString('utf8'));
  return upstream.client.decodeRequest(value, upstream.client.readFacts(value));
}

function expectSame(translation: Translation): void {
  const wire = translation.upstream.name;
  const { system, ...said } = toldOf(named(translation));
  const { system: readSystem, ...read } = toldOf(readAgain(translation));
  expect(adjusted(read, wire, said)).toEqual(adjusted(said, wire, said));
  // Where a wire has no word for a form of answer or for a choice, the model is told in words.
  if (said.outputFormat === 'text' && said.toolChoice !== 'none') expect(readSystem).toBe(system);
  else expect(readSystem).toContain(system);
}

/** The request with names of tools that the upstream's wire takes. */
function named({ client, upstream, request }: Translation): ChatRequest {
  const names = client.name === upstream.name ? undefined : fitToolNames(request, upstream.upstream.toolNames);
  return names?.inRequest(request) ?? request;
}

/** What some wires say otherwise, and why that is the same. */
function adjusted(told: Said, wire: ProtocolName, asked: Said): Said {
  let { maxOutputTokens, outputFormat, toolChoice, tools } = told;
  // The wire insists on a number.
  if (wire === 'anthropic-messages' && asked.maxOutputTokens === undefined) maxOutputTokens = undefined;
  // In words.
  if (emulatesJson.has(wire) && asked.outputFormat === 'json') outputFormat = 'json';
  // By leaving the tools out, or in words where the conversation has called some.
  if (wire === 'bedrock-converse' && asked.toolChoice === 'none') [toolChoice, tools] = ['none', []];
  return { ...told, maxOutputTokens, outputFormat, toolChoice, tools };
}

type Said = Omit<ToldRequest, 'system'>;

const emulatesJson: ReadonlySet<ProtocolName> = new Set(['anthropic-messages', 'bedrock-converse']);
