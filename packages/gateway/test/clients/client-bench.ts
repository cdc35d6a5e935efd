import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';

/** The only key that the gateway takes, and the only one that the simulated provider takes. */
export const clientKey = 'key-of-the-client';
const providerKey = 'key-of-the-provider';

/** The model that clients ask for; its name is what clients of Bedrock have to escape in paths. */
export const model = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
/** One that takes no schema for its answers. */
export const plainModel = 'amazon.nova-lite-v1:0';
export const models = ['org/model', model, plainModel] as const;

/** A gateway with a key of its own, in front of a provider that is asked over one wire. */
export interface ClientBench {
  readonly simulator: Simulator;
  readonly gateway: TestGateway;
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Who speaks a wire natively: its place for keys and its dialect are part of what is tried. */
const kinds: Readonly<Record<ProtocolName, string>> = {
  'openai-chat': 'openai',
  'openai-responses': 'openai',
  'anthropic-messages': 'anthropic',
  gemini: 'gemini',
  'bedrock-converse': 'bedrock',
  'cohere-chat': 'cohere',
};

/** Starts both over real sockets; `kind` says whose dialect the upstream speaks where it is not the inventor's. */
export async function startClientBench(wire: ProtocolName, kind = kinds[wire]): Promise<ClientBench> {
  const simulator = await startSimulator({ apiKey: providerKey });
  const gateway = await startBenchGateway({ wire, kind, address: simulator.url, apiKey: providerKey });
  return {
    simulator,
    gateway,
    url: gateway.url,
    async stop() {
      await gateway.stop();
      await simulator.close();
    },
  };
}

export interface BenchUpstream {
  readonly wire: ProtocolName;
  readonly kind?: string;
  /** Without a path. */
  readonly address: string;
  readonly apiKey: string;
}

/** The gateway alone, before an upstream that runs already. */
export function startBenchGateway({ wire, kind, address, apiKey }: BenchUpstream): Promise<TestGateway> {
  const upstream = { kind: kind ?? kinds[wire], base_url: address, api_key: apiKey, protocols: [wire], models };
  return startTestGateway({
    config: {
      auth: { keys: [clientKey] },
      resilience: { retry: { max_attempts: 1 } },
      security: { validation: { max_message_length: 5_000 } },
      providers: { upstream },
    },
  });
}
