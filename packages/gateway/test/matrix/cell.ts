import { type AttemptRecord, type Behaviour, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { expect } from 'vitest';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { anthropicMessagesClient } from './client-anthropic-messages.ts';
import { bedrockConverseClient } from './client-bedrock-converse.ts';
import { cohereChatClient } from './client-cohere-chat.ts';
import { geminiClient } from './client-gemini.ts';
import { openaiChatClient } from './client-openai-chat.ts';
import { openaiResponsesClient } from './client-openai-responses.ts';
import { openaiChatUpstream, openaiResponsesUpstream } from './upstream-openai.ts';
import {
  anthropicMessagesUpstream,
  bedrockConverseUpstream,
  cohereChatUpstream,
  geminiUpstream,
} from './upstream-others.ts';
import type { Seen, UpstreamWire } from './upstream-wire.ts';
import { type Ask, type Reply, type Said, send, type WireClient } from './wire-client.ts';

export const clients: Readonly<Record<ProtocolName, WireClient>> = {
  'openai-chat': openaiChatClient,
  'openai-responses': openaiResponsesClient,
  'anthropic-messages': anthropicMessagesClient,
  gemini: geminiClient,
  'bedrock-converse': bedrockConverseClient,
  'cohere-chat': cohereChatClient,
};

export const upstreams: Readonly<Record<ProtocolName, UpstreamWire>> = {
  'openai-chat': openaiChatUpstream,
  'openai-responses': openaiResponsesUpstream,
  'anthropic-messages': anthropicMessagesUpstream,
  gemini: geminiUpstream,
  'bedrock-converse': bedrockConverseUpstream,
  'cohere-chat': cohereChatUpstream,
};

/** A gateway before one simulated provider that is asked over one wire. */
export interface Bench {
  readonly upstream: UpstreamWire;
  readonly simulator: Simulator;
  readonly gateway: TestGateway;
  readonly stop: () => Promise<void>;
}

export async function startBench(wire: ProtocolName): Promise<Bench> {
  const upstream = upstreams[wire];
  const simulator = await startSimulator();
  const provider = {
    kind: upstream.provider,
    base_url: simulator.url + upstream.root,
    api_key: 'key-of-the-provider',
    protocols: [wire],
    models: [upstream.model],
  };
  const gateway = await startTestGateway({
    config: {
      resilience: { retry: { max_attempts: 1 } },
      security: { media: { allowed_hosts: ['127.0.0.1'] } },
      providers: { upstream: provider },
    },
  });
  return {
    upstream,
    simulator,
    gateway,
    async stop() {
      await gateway.stop();
      await simulator.close();
    },
  };
}

export type Mode = 'unary' | 'stream';

/** A client of one wire at the gateway before a provider of another, or of the same. */
export interface Cell {
  readonly client: WireClient;
  readonly bench: Bench;
  readonly mode: Mode;
}

/** What is asked, whatever the wire: all but the model and the way of answering, which the cell knows. */
export type Question = Omit<Ask, 'model' | 'stream'>;

export interface Exchanged {
  readonly sent: Buffer;
  readonly attempt: AttemptRecord;
  readonly reply: Reply;
}

/** Asks the gateway; the provider behaves as told. */
export async function exchange(cell: Cell, question: Question, behaviour: Behaviour): Promise<Exchanged> {
  const { client, bench, mode } = cell;
  const { simulator, gateway, upstream } = bench;
  simulator.reset();
  simulator.script([behaviour]);
  const { path, headers, body } = client.requestOf({ ...question, model: upstream.model, stream: mode === 'stream' });
  const sent = Buffer.from(JSON.stringify(body));
  const reply = await send(gateway.url + path, headers ?? {}, sent);
  const attempt = simulator.attempts[0];
  if (attempt === undefined) throw new Error(`The provider was not asked: ${reply.status} ${reply.bytes}`);
  return { sent, attempt, reply };
}

/** A good exchange, read at both ends. */
export interface GoodExchange extends Exchanged {
  readonly said: Said;
  readonly seen: Seen;
}

/** Asks for a good answer, and expects what holds for every one. */
export async function converse(cell: Cell, question: Question, answer: Behaviour): Promise<GoodExchange> {
  const { client, bench, mode } = cell;
  const { upstream } = bench;
  const exchanged = await exchange(cell, question, answer);
  const { sent, attempt, reply } = exchanged;
  expect({ status: reply.status, body: reply.status === 200 ? '' : reply.bytes.toString() }).toEqual({
    status: 200,
    body: '',
  });
  expect(reply.headers['x-gateway-dropped']).toBeUndefined();
  const seen = upstream.read(attempt);
  expect(seen).toMatchObject({ model: upstream.model, stream: mode === 'stream' });
  const said = mode === 'stream' ? client.readStream(reply) : client.readAnswer(reply);
  expect(said.id).not.toBe('');
  if (said.model !== undefined) expect(said.model).toBe(upstream.model);
  if (client.wire === upstream.wire) await expectRelayed(cell, exchanged, answer);
  else expect(attempt.body.equals(sent)).toBe(false);
  return { ...exchanged, said, seen };
}

/** On the diagonal the bytes are those of the caller and of the provider, whatever they are. */
async function expectRelayed({ bench }: Cell, { sent, attempt, reply }: Exchanged, answer: Behaviour): Promise<void> {
  expect(attempt.body.toString()).toBe(sent.toString());
  const { simulator } = bench;
  simulator.reset();
  simulator.script([answer]);
  const query = attempt.query === '' ? '' : `?${attempt.query}`;
  const direct = await send(simulator.url + attempt.path + query, {}, sent);
  expect(reply.bytes.toString('latin1')).toBe(direct.bytes.toString('latin1'));
}
