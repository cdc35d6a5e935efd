import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import type { RoutingTestAnswer } from '../../src/server/routing-test.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';

export const adminKey = 'an-operators-own-key-0123456789';

/** Credentials that no answer may hold. */
export const canary = 'sk-canary-7d1f0c9b2e';

/** An operator before a gateway whose targets are played. */
export interface Desk {
  readonly gateway: TestGateway;
  readonly providers: readonly Simulator[];
  /** A management page; the operator's key goes along. */
  readonly page: (path: string) => Promise<unknown>;
  /** Where a request would go. */
  readonly test: (ask?: Record<string, unknown>) => Promise<RoutingTestAnswer>;
  /** Sends a chat and reads its answer; the target that answered, or the status. */
  readonly chat: (body?: Record<string, unknown>) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** A target of a pool at a played provider. */
export type TargetAt = (index: number, changes?: Record<string, unknown>) => Record<string, unknown>;

/** Starts it; the configuration is made from the addresses of the providers. */
export async function startDesk(
  configure: (at: TargetAt, urls: readonly string[]) => Record<string, unknown>,
  { providers: count = 2 } = {},
): Promise<Desk> {
  const providers = await Promise.all(Array.from({ length: count }, () => startSimulator({})));
  const at: TargetAt = (index, changes) => ({
    name: `t${index}`,
    api_base: `${providers[index]!.url}/v1`,
    api_key: `${canary}-${index}`,
    model: 'sim',
    ...changes,
  });
  const gateway = await startTestGateway({
    config: {
      auth: { mode: 'open' },
      ...configure(
        at,
        providers.map(({ url }) => url),
      ),
    },
    env: { ADMIN_KEY: adminKey },
  });
  const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
  return {
    gateway,
    providers,
    page: async (path) => readJson(await fetch(gateway.url + path, { headers })),
    test: async (ask = {}) => {
      const body = JSON.stringify({ model: 'chat', ...ask });
      const response = await fetch(`${gateway.url}/api/v1/routing/test`, { method: 'POST', headers, body });
      return (await readJson(response)) as RoutingTestAnswer;
    },
    chat: async (body = {}) => {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'Hello' }], ...body }),
      });
      await response.arrayBuffer();
      return response.headers.get('x-gateway-target') ?? String(response.status);
    },
    stop: async () => {
      await gateway.stop();
      await Promise.all(providers.map((provider) => provider.close()));
    },
  };
}

/** Sections of two providers, each at a played one. */
export const twoProviders = (urls: readonly string[]) => ({
  openai: { base_url: `${urls[0]}/v1`, api_key: `${canary}-0`, default_model: 'gpt-4o' },
  anthropic: { base_url: urls[1], api_key: `${canary}-1` },
});

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text.includes('sk-canary')) throw new Error(`The answer holds a credential: ${text}`);
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text);
}
