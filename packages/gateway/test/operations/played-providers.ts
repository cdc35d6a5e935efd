import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';

/** By its name in the configuration: its kind, the path of its API, and its models. */
export type PlayedProvider = readonly [kind: string, path: string, models: readonly string[]];

/** A gateway all of whose providers are played by one simulator, for the tests of a file. */
export class PlayedProviders {
  simulator!: Simulator;
  gateway!: TestGateway;

  constructor(providers: Readonly<Record<string, PlayedProvider>>) {
    beforeAll(async () => {
      this.simulator = await startSimulator();
      const configured = Object.entries(providers).map(([name, [kind, path, models]]) => {
        return [name, { kind, base_url: this.simulator.url + path, api_key: 'a-key', models }];
      });
      this.gateway = await startTestGateway({ config: { providers: Object.fromEntries(configured) } });
    });
    afterEach(() => this.simulator.reset());
    afterAll(async () => {
      await this.gateway.stop();
      await this.simulator.close();
    });
  }

  /** Sends JSON to the gateway. */
  post(path: string, text: string): Promise<Response> {
    return fetch(this.gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text,
    });
  }
}
