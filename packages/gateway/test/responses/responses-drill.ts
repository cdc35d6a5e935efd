import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import OpenAI from 'openai';
import type { Response } from 'openai/resources/responses/responses';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';

type Ask = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'model' | 'stream'>;

/** How an answer is asked for. */
export type Mode = 'whole' | 'streamed';

/** Gateway and upstreams of a test, and OpenAI's own library that asks them. */
export interface ResponsesDrill {
  readonly gateway: TestGateway;
  readonly upstream: Simulator;
  /** What the gateway was started with. */
  readonly config: Record<string, unknown>;
  /** The library with some key. */
  client(key?: string): OpenAI;
  /** Asks model `m`. */
  ask(ask: Ask, mode?: Mode): Promise<Response>;
  /** The last request that reached the upstream, as its wire has it. */
  lastBody(): Record<string, unknown>;
  stop(): Promise<void>;
}

export interface DrillOptions {
  /** Wires of the upstream. */
  readonly protocols: readonly string[];
  readonly config?: Record<string, unknown>;
}

export async function startResponsesDrill({ protocols, config: sections = {} }: DrillOptions): Promise<ResponsesDrill> {
  const upstream = await startSimulator({});
  const backends = [{ url: upstream.url, api_key: 'provider-key', default_model: 'sim', protocols }];
  const config = { backends, ...sections };
  const gateway = await startTestGateway({ config });
  const client = (key = 'key-of-ann') => clientOf(gateway.url, key);
  return {
    gateway,
    upstream,
    config,
    client,
    ask: (ask, mode = 'whole') => askModel(client(), { model: 'm', ...ask }, mode),
    lastBody: () => JSON.parse(upstream.attempts.at(-1)!.body.toString()) as Record<string, unknown>,
    async stop() {
      await gateway.stop();
      await upstream.close();
    },
  };
}

export function clientOf(url: string, apiKey: string): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });
}

/** One answer; a stream is read to its end and put together by the library. */
export function askModel(client: OpenAI, ask: Ask & { readonly model: string }, mode: Mode): Promise<Response> {
  return mode === 'whole' ? client.responses.create(ask) : client.responses.stream(ask).finalResponse();
}
