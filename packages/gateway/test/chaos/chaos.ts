import {
  type AttemptRecord,
  type Behaviour,
  type SimulatedRequest,
  type Simulator,
  startSimulator,
} from '@llm-gateway/simulator';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { natives } from '../scenarios/stage.ts';
import { createDice } from './dice.ts';
import { chooseFault } from './faults.ts';
import { models, numberOf, targetCount, wishOf } from './wishes.ts';

/** Attempts of a request at most, over all targets. */
export const maxAttempts = 4;
/** Milliseconds of a request at most. */
export const totalMs = 3_000;

const timeout = {
  connect_seconds: 1,
  headers_seconds: 0.6,
  stream_headers_seconds: 0.3,
  first_token_seconds: 0.3,
  idle_seconds: 0.3,
  request_seconds: totalMs / 1_000,
  streaming_seconds: totalMs / 1_000,
};
/** What the targets do with the beginning of an answer; the gateway is told who goes on with it. */
const manners = ['refuse', 'honour', 'ignore', 'honour', 'refuse'] as const;

/** A gateway before five targets that do what they like. */
export interface Chaos {
  readonly gateway: TestGateway;
  readonly targets: readonly Simulator[];
  /** Attempts by number of the request that count: not those on connections that died under them. */
  readonly attempts: Uint8Array;
  /** Attempts that belong to no request. */
  readonly strays: () => number;
  /** How often each fault was met. */
  readonly met: ReadonlyMap<string, number>;
  /** What was said in floods, by number of the request. */
  readonly floods: ReadonlyMap<number, readonly string[]>;
  readonly stop: () => Promise<void>;
}

export async function startChaos(seed: number, requests: number): Promise<Chaos> {
  const attempts = new Uint8Array(requests);
  // By request and target, for faults that differ from one attempt to the next.
  const asked = new Uint8Array(requests * targetCount);
  const met = new Map<string, number>();
  const floods = new Map<number, string[]>();
  let strays = 0;

  function behave(request: SimulatedRequest, target: number): Behaviour {
    const number = numberOf(request.headers['x-request-id']);
    if (Number.isNaN(number)) {
      strays++;
      return { kind: 'answer' };
    }
    const place = number * targetCount + target;
    const before = asked[place]!++;
    const wish = wishOf(seed, number);
    const dice = createDice(seed, 'attempt', number, target, before);
    const plain = { ...wish.plain[target]!, prefill: manners[target]! };
    if (!dice.happens(wish.faultRate)) return { kind: 'answer', ...plain };
    const { name, behaviour } = chooseFault(dice, plain);
    // Who goes on with an answer would not say something else.
    if (behaviour.kind === 'flood' && endsWithAnswer(request)) return { kind: 'answer', ...plain };
    met.set(name, (met.get(name) ?? 0) + 1);
    return behaviour;
  }

  function note(attempt: AttemptRecord): void {
    const number = numberOf(attempt.headers['x-request-id']);
    if (Number.isNaN(number)) return;
    if (!mayBeRepeated(attempt)) attempts[number]!++;
    if (attempt.behaviour !== 'flood' || attempt.outcome !== 'completed') return;
    const { stream, tokensSent } = attempt;
    const said = stream ? `A${` ${floodWord}`.repeat(tokensSent - 1)}` : `A ${floodWord.repeat(tokensSent)}`;
    floods.set(number, [...(floods.get(number) ?? []), said]);
  }

  const wires = wiresOf(seed);
  const targets = await Promise.all(
    wires.map((_, target) =>
      startSimulator({ keepAttempts: 100, onAttempt: note, behaviour: (request) => behave(request, target) }),
    ),
  );
  const gateway = await startTestGateway({ config: configOf(targets, wires) });
  return {
    gateway,
    targets,
    attempts,
    met,
    floods,
    strays: () => strays,
    async stop() {
      await gateway.stop();
      await Promise.all(targets.map((target) => target.close()));
    },
  };
}

/** One speaks what most callers do, the others what the seed says. */
function wiresOf(seed: number): ProtocolName[] {
  const dice = createDice(seed, 'wires');
  return Array.from({ length: targetCount }, (_, target) => (target === 0 ? 'openai-chat' : dice.pick(protocolNames)));
}

/** The conversation ends with the beginning of an answer, on whatever wire. */
function endsWithAnswer({ json }: SimulatedRequest): boolean {
  const turns = json?.['messages'] ?? json?.['contents'] ?? json?.['input'];
  const last: unknown = Array.isArray(turns) ? turns.at(-1) : undefined;
  return ['assistant', 'model'].includes((last as { readonly role?: string } | undefined)?.role ?? '');
}

/** A kept connection that died before it brought anything: the request goes out again without being counted. */
function mayBeRepeated({ behaviour, reused, status, outcome }: AttemptRecord): boolean {
  return reused && status === undefined && outcome === 'faulted' && behaviour !== 'raw';
}

/** What is repeated in the simulator's floods. */
const floodWord = 'flood!'.repeat(2_700);

function configOf(targets: readonly Simulator[], wires: readonly ProtocolName[]): Record<string, unknown> {
  const providers = targets.map(({ url }, place) => {
    const wire = wires[place]!;
    const { name, root } = natives[wire];
    const own = { api_key: `sk-chaos-${place}`, model: `target-${place}`, priority: place < 3 ? 1 : 2 };
    return { name, api_base: url + root, protocols: [wire], assistant_prefill: manners[place] === 'honour', ...own };
  });
  const pools = Object.entries(models).map(([name, options]) => {
    return [name, { strategy: 'round_robin', ...options, providers }];
  });
  return {
    auth: { mode: 'open' },
    database: { path: 'record.db' },
    models: Object.fromEntries(pools),
    resilience: {
      timeout,
      retry: { max_attempts: maxAttempts, initial_delay_ms: 5, max_delay_ms: 40 },
      bulkhead: { max_concurrent: 60, max_queue: 60 },
    },
    queue: { max_concurrent: 90, max_size: 200 },
  };
}
