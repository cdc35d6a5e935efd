import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';

export interface PlayedProviders {
  readonly simulator: Simulator;
  readonly gateway: TestGateway;
}

/** By its name in the configuration: its kind, the path of its API, and its models. */
export type PlayedProvider = readonly [kind: string, path: string, models: readonly string[]];

/** A gateway all of whose providers are played by one simulator. */
export async function playProviders(providers: Readonly<Record<string, PlayedProvider>>): Promise<PlayedProviders> {
  const simulator = await startSimulator();
  const configured = Object.entries(providers).map(([name, [kind, path, models]]) => {
    return [name, { kind, base_url: simulator.url + path, api_key: 'a-key', models }];
  });
  const gateway = await startTestGateway({ config: { providers: Object.fromEntries(configured) } });
  return { simulator, gateway };
}
