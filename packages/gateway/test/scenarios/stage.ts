import { type AttemptRecord, type Simulator, type SimulatorOptions, startSimulator } from '@llm-gateway/simulator';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { now, type OpenCall } from '../failures/caller.ts';
import { type RunningTime, watchRunningTime } from '../harness/running-time.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { type Ask, askWhole, type Got, openAsk } from './asking.ts';
import { type Variant, variants } from './lanes.ts';
import { judge, type Outcome } from './outcome.ts';

/** What the two targets of a model play. */
export interface Cast {
  /** A scenario of the simulator with its settings: `f8?after=5`. */
  readonly first: string;
  /** A good answer when not given; null: there is no second target. */
  readonly second?: string | null;
  /** Where the first target is, made of the address of the simulator that plays it; there when not given. */
  readonly address?: (simulator: string) => string;
  /** Further settings of the targets and of the model. */
  readonly firstTarget?: Readonly<Record<string, unknown>>;
  readonly secondTarget?: Readonly<Record<string, unknown>>;
  readonly model?: Readonly<Record<string, unknown>>;
}

export interface StageOptions {
  /** By name. Each has models of its own for all variants, so that nothing of one concerns another. */
  readonly casts: Readonly<Record<string, Cast>>;
  readonly variants?: readonly Variant[];
  readonly timeout?: Readonly<Record<string, unknown>>;
  readonly retry?: Readonly<Record<string, unknown>>;
  /** Other members of `resilience`, and other sections. */
  readonly resilience?: Readonly<Record<string, unknown>>;
  readonly sections?: Readonly<Record<string, unknown>>;
  readonly simulators?: SimulatorOptions;
}

/** One request on a stage, and everything that can be seen of it from outside. */
export interface Run {
  readonly variant: Variant;
  readonly got: Got;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds that it took, without those in which this process was held up. */
  readonly ranMs: number;
  readonly outcome: Outcome;
  /** Attempts that the two providers have got. */
  readonly first: readonly AttemptRecord[];
  readonly second: readonly AttemptRecord[];
  /** The one line of the access log. */
  readonly line: Readonly<Record<string, unknown>>;
}

/** A gateway between callers and two played providers, the second of which is only tried after the first. */
export interface Stage {
  readonly gateway: TestGateway;
  readonly first: Simulator;
  readonly second: Simulator;
  readonly running: RunningTime;
  run(cast: string, variant: Variant, more?: Partial<Ask>): Promise<Run>;
  open(cast: string, variant: Variant, id: string): OpenCall;
  /** Public name of a model, which a request's id may hold. */
  modelOf(cast: string, variant: Variant): string;
  /** The only line of the access log with this id, once it is there. */
  lineOf(id: string): Promise<Readonly<Record<string, unknown>>>;
  stop(): Promise<void>;
}

/** For a target that answers: whatever the others' limits are, a machine that is busy makes no failure of it. */
export const patiently = {
  headers_seconds: 20,
  stream_headers_seconds: 20,
  first_token_seconds: 20,
  idle_seconds: 20,
  request_seconds: 20,
} as const;

/** The limits of an attempt at about a thirtieth of their usual length. */
export const briefly = {
  connect_seconds: 0.5,
  headers_seconds: 0.5,
  stream_headers_seconds: 0.4,
  first_token_seconds: 0.4,
  idle_seconds: 0.5,
} as const;

/** Who speaks a wire natively, and where the root of its API is. */
export const natives: Readonly<Record<ProtocolName, { readonly name: string; readonly root: string }>> = {
  'openai-chat': { name: 'openai', root: '/v1' },
  'openai-responses': { name: 'openai', root: '/v1' },
  'anthropic-messages': { name: 'anthropic', root: '' },
  gemini: { name: 'gemini', root: '' },
  'bedrock-converse': { name: 'bedrock', root: '' },
  'cohere-chat': { name: 'cohere', root: '' },
};

export async function startStage(options: StageOptions): Promise<Stage> {
  const [first, second] = await Promise.all([startSimulator(options.simulators), startSimulator(options.simulators)]);
  const gateway = await startTestGateway({ config: configOf(options, [first, second]) });
  const running = watchRunningTime();
  let count = 0;
  const lineOf = (id: string) => onlyLine(gateway, id);
  return {
    gateway,
    first,
    second,
    running,
    modelOf,
    lineOf,
    open: (cast, { lane, stream, ...variant }, id) =>
      openAsk(gateway.url, lane.caller, { id, stream, model: modelOf(cast, { lane, stream, ...variant }) }),
    async run(cast, variant, more = {}) {
      const { lane, stream } = variant;
      const model = modelOf(cast, variant);
      const id = `${model}.${count++}`;
      const startedAt = now();
      const got = await askWhole(gateway.url, lane.caller, { id, stream, model, ...more });
      return {
        variant,
        got,
        startedAt,
        ranMs: running.between(startedAt, startedAt + got.durationMs),
        outcome: judge(lane.caller, stream, got),
        first: attemptsOf(first, id),
        second: attemptsOf(second, id),
        line: await lineOf(id),
      };
    },
    async stop() {
      running.stop();
      await gateway.stop();
      await Promise.all([first.close(), second.close()]);
    },
  };
}

/** Attempts that belong to a request and count. */
export function attemptsOf({ attempts }: Simulator, id: string): AttemptRecord[] {
  return attempts.filter((attempt) => attempt.headers['x-request-id'] === id && !isStale(attempt));
}

/**
 * A request that went out on a kept connection just as that died, for all that can be known at the other end: it goes
 * out again without being counted, because no provider need have seen it.
 */
export function isStale({ reused, outcome, firstByteAt }: AttemptRecord): boolean {
  return reused && outcome === 'faulted' && firstByteAt === undefined;
}

function modelOf(cast: string, { lane, mode }: Variant): string {
  return `${cast.replaceAll(' ', '-')}.${lane.name}.${mode}`;
}

function configOf(options: StageOptions, simulators: readonly [Simulator, Simulator]): Record<string, unknown> {
  const { casts, timeout, retry, resilience, sections } = options;
  const pools = Object.entries(casts).flatMap(([name, cast]) =>
    (options.variants ?? variants()).map((variant) => [
      modelOf(name, variant),
      poolOf(name, cast, variant, simulators),
    ]),
  );
  return {
    models: Object.fromEntries(pools),
    resilience: { retry: { initial_delay_ms: 20, ...retry }, timeout: { ...timeout }, ...resilience },
    ...sections,
  };
}

function poolOf(name: string, cast: Cast, variant: Variant, [first, second]: readonly [Simulator, Simulator]): object {
  const tag = modelOf(name, variant);
  const target = (place: 0 | 1, address: string, plays: string) => {
    const wire = variant.lane.wires[place];
    const { name, root } = natives[wire];
    // Keys of their own keep what one target does from being held against another.
    const own = { api_key: `sk-${place}-of-${tag}`, priority: place + 1, model: tagged(plays, tag) };
    return { name, api_base: address + root, protocols: [wire], ...own };
  };
  const { address = (url: string) => url } = cast;
  const providers: object[] = [{ ...target(0, address(first.url), cast.first), ...cast.firstTarget }];
  const manner = cast.second === undefined ? { timeout: patiently } : {};
  if (cast.second !== null)
    providers.push({ ...target(1, second.url, cast.second ?? 'ok'), ...manner, ...cast.secondTarget });
  return { strategy: 'priority', providers, ...cast.model };
}

/** The name of a scenario, made the variant's own: what happens once happens once for each. */
function tagged(scenario: string, tag: string): string {
  const [name = '', settings] = scenario.split('?');
  return `${name}:${tag}${settings === undefined ? '' : `?${settings}`}`;
}

async function onlyLine(gateway: TestGateway, id: string): Promise<Readonly<Record<string, unknown>>> {
  const mark = `"request_id":"${id}"`;
  const linesOf = () =>
    gateway
      .rawLog()
      .split('\n')
      .filter((line) => line.includes(mark) && line.includes('"latency_ms"'));
  await eventually(() => linesOf().length > 0, `a line of the access log for ${id}`);
  const lines = linesOf();
  if (lines.length !== 1) throw new Error(`The access log has ${lines.length} lines for ${id}.`);
  return JSON.parse(lines[0]!);
}

/** Resolves when something has become true that nobody tells of; rejects when it has not within `limitMs`. */
export async function eventually(isTrue: () => boolean, what: string, limitMs = 20_000): Promise<void> {
  const until = performance.now() + limitMs;
  while (!isTrue()) {
    if (performance.now() > until) throw new Error(`There was no ${what} within ${limitMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
