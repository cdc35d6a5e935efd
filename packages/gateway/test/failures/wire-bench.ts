import { type Behaviour, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { type OpenCall, openPost, type Reply, readAll } from './caller.ts';
import { type WireCaller, wireCallers } from './wire-callers.ts';

/** Words of a good answer. */
export const words = 12;

/** A public model: a target that speaks one wire and fails in one way, and a good one of another wire behind it. */
export interface FailingModel {
  readonly wire: ProtocolName;
  /** Name of what it plays. */
  readonly fault: string;
  /** The wire of the good target; undefined when there is none. */
  readonly rescue: ProtocolName | undefined;
  /** What the second target plays; a good answer when not given. */
  readonly rescueFault?: string;
}

export interface WireBenchOptions {
  readonly models: readonly FailingModel[];
  /** What the targets play, by the names of faults. */
  readonly behaviours: Readonly<Record<string, Behaviour>>;
  readonly timeout?: Record<string, unknown>;
}

/** A gateway with a target for each wire and each fault, addressed by the model's name. It repairs no stream that breaks. */
export interface WireBench {
  readonly gateway: TestGateway;
  readonly simulator: Simulator;
  readonly stop: () => Promise<void>;
}

/** Who speaks a wire natively, and where the root of its API is. */
const natives: Readonly<Record<ProtocolName, { readonly name: string; readonly root: string }>> = {
  'openai-chat': { name: 'openai', root: '/v1' },
  'openai-responses': { name: 'openai', root: '/v1' },
  'anthropic-messages': { name: 'anthropic', root: '' },
  gemini: { name: 'gemini', root: '' },
  'bedrock-converse': { name: 'bedrock', root: '' },
  'cohere-chat': { name: 'cohere', root: '' },
};

export function modelName({ wire, fault, rescue }: FailingModel): string {
  return `${wire}.${fault}.${rescue ?? 'alone'}`;
}

export async function startWireBench({ models, behaviours, timeout }: WireBenchOptions): Promise<WireBench> {
  const simulator = await startSimulator({ tokens: words });
  simulator.behave(({ model }) => behaviours[model.split('.')[1] ?? ''] ?? { kind: 'answer' });
  const target = (wire: ProtocolName, settings: Record<string, unknown>) => {
    const { name, root } = natives[wire];
    return { name, api_base: simulator.url + root, protocols: [wire], max_retries: 0, ...settings };
  };
  const pools = models.map((model) => {
    const { wire, fault, rescue } = model;
    // Keys of their own keep what one target does from being held against another.
    const bad = target(wire, { model: `bad.${fault}.${wire}`, api_key: keyOf(model), priority: 1 });
    const good =
      rescue &&
      target(rescue, { model: `good.${model.rescueFault ?? 'answer'}`, api_key: `good-${keyOf(model)}`, priority: 2 });
    return [modelName(model), { strategy: 'priority', providers: good ? [bad, good] : [bad] }];
  });
  const gateway = await startTestGateway({
    config: {
      models: Object.fromEntries(pools),
      routing: { stream_recovery: 'error' },
      resilience: {
        retry: { max_attempts: 3, initial_delay_ms: 1 },
        timeout: { ...timeout },
      },
    },
  });
  return {
    gateway,
    simulator,
    async stop() {
      await gateway.stop();
      await simulator.close();
    },
  };
}

/** Lets what failed before be tried again at once. */
export function forgetFailures(benches: readonly WireBench[]): void {
  for (const { gateway } of benches) gateway.health.retain([]);
}

/** The credential of a model's failing target. */
export function keyOf(model: FailingModel): string {
  return `key-of-${modelName(model)}`;
}

/** Asks the gateway on a connection of its own and leaves the reply unread. */
export function openWire(
  url: string,
  caller: WireCaller,
  ask: { readonly model: string; readonly stream: boolean },
): OpenCall {
  const { path, body } = caller.request(ask.model, ask.stream);
  return openPost(url + path, { body: JSON.stringify(body) });
}

/** Asks the gateway and reads its reply to the end. */
export async function callWire(
  url: string,
  caller: WireCaller,
  ask: { readonly model: string; readonly stream: boolean },
): Promise<Omit<Reply, 'durationMs'>> {
  const response = await openWire(url, caller, ask).response;
  const { body, isCut } = await readAll(response);
  return { status: response.statusCode!, headers: response.headers, body, isCut };
}

/** Every client before every wire, and of Gemini's clients both forms. */
export const wirePairs = protocolNames.flatMap((upstream) =>
  wireCallers.map((caller) => ({ upstream, caller, client: caller.name })),
);

/** Runs many checks at once, and collects what they complain of; each complaint begins with the check's name. */
export async function complaints(
  checks: readonly (readonly [name: string, check: () => Promise<readonly string[]>])[],
) {
  const found = await Promise.all(
    checks.map(async ([name, check]) => {
      try {
        return (await check()).map((complaint) => `${name}: ${complaint}`);
      } catch (error) {
        return [`${name}: ${describeError(error)}`];
      }
    }),
  );
  return found.flat();
}

/** With what an expectation got in place of what it wanted. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'actual' in error ? `${error.message}; it was ${JSON.stringify(error.actual)}` : error.message;
}
