import { createCanaryPicker } from '../../packages/gateway/src/routing/canary.ts';
import type { PickFacts } from '../../packages/gateway/src/routing/pick-facts.ts';
import type { TierPicker } from '../../packages/gateway/src/routing/strategies/define-strategy.ts';
import { strategies } from '../../packages/gateway/src/routing/strategies/registry.gen.ts';
import type { StrategyName } from '../../packages/gateway/src/routing/target.ts';
import { createTargetLoad } from '../../packages/gateway/src/routing/target-load.ts';
import { createTargetObservations } from '../../packages/gateway/src/routing/target-observations.ts';
import { Chance } from './chance.ts';
import { Conversations } from './conversations.ts';
import { EventQueue } from './event-queue.ts';
import { drawNature, SimulatedTarget, type Work } from './simulated-target.ts';
import { Tally, type TallyResult } from './tally.ts';

export interface SimulationInput {
  readonly strategy: StrategyName;
  /** `capacity`: the operator knows how much each target can take. */
  readonly weights: 'equal' | 'capacity';
  /** `capacity`: the gateway sends a target at most a half more at the same time than it serves at full speed. */
  readonly limits: 'none' | 'capacity';
  readonly targets: number;
  readonly requests: number;
  readonly seed: number;
  /** Share of the capacity of all targets that would be used if it were shared out perfectly. */
  readonly load: number;
}

export interface SimulationResult extends TallyResult {
  /** Microseconds of CPU time for a pick, with the state that the run ended in. */
  readonly pickMicros: number;
}

/** Attempts for one request at most. */
const MAX_ATTEMPTS = 3;
/** Failures in a row that take a target out, and for how long; a refusal of its rate limit does until the limit's reset. */
const FAILURES_TO_OUT = 3;
const OUT_MS = 10_000;
const MOST_OF_CAPACITY = 1.5;
const TURN_GAP_MS = 10_000;
const TIMED_PICKS = 20_000;

/** Plays one strategy. The same input gives the same result, the time of a pick apart. */
export function simulate(input: SimulationInput): SimulationResult {
  return new Simulation(input).run();
}

interface Request {
  readonly work: Work;
  readonly facts: Omit<PickFacts, 'now'>;
  readonly conversation: number;
  readonly isFirstTurn: boolean;
  readonly startedAt: number;
  readonly tried: number[];
}

class Simulation {
  readonly #input: SimulationInput;
  readonly #targets: readonly SimulatedTarget[];
  readonly #picker: TierPicker;
  readonly #events = new EventQueue();
  readonly #load = createTargetLoad();
  readonly #observations = createTargetObservations({ now: () => this.#now });
  readonly #conversations: Conversations;
  readonly #arrivals: Chance;
  readonly #gapMs: number;
  readonly #tally: Tally;
  /** Who is not out, and of those who is not at its limit. */
  readonly #usable: Uint8Array;
  readonly #open: Uint8Array;
  readonly #failuresInRow: Uint16Array;
  #now = 0;
  #arrived = 0;

  constructor(input: SimulationInput) {
    const { requests, seed, strategy: name, targets: count } = input;
    this.#input = input;
    const natures = new Chance(seed);
    const spells = new Chance(seed + 1);
    this.#targets = Array.from(
      { length: count },
      (_value, index) => new SimulatedTarget(index, drawNature(natures), spells),
    );
    const capacity = this.#targets.reduce((sum, { nature }) => sum + nature.capacity, 0);
    this.#arrivals = new Chance(seed + 2);
    this.#gapMs = meanHoldMs(this.#targets) / (input.load * capacity);
    this.#conversations = new Conversations(new Chance(seed + 3), {
      targets: count,
      most: Math.max(1, Math.round(TURN_GAP_MS / this.#gapMs)),
    });
    this.#tally = new Tally(requests);
    this.#usable = new Uint8Array(count).fill(1);
    this.#open = new Uint8Array(count).fill(1);
    this.#failuresInRow = new Uint16Array(count);
    this.#picker = this.#createPicker(name);
  }

  run(): SimulationResult {
    this.#events.put(0, () => this.#arrive());
    for (let event = this.#events.take(); event !== undefined; event = this.#events.take()) {
      this.#now = event.at;
      event.run();
    }
    return { ...this.#tally.result(this.#targets), pickMicros: this.#timePicks() };
  }

  #createPicker(name: StrategyName): TierPicker {
    const strategy = strategies.find((one) => one.name === name);
    if (strategy === undefined) throw new Error(`There is no strategy ${name}.`);
    const byId = new Map(this.#targets.map((target) => [target.member.targetId, target]));
    const members = this.#targets.map(({ member, nature }) =>
      this.#input.weights === 'capacity' ? { ...member, weight: nature.capacity } : member,
    );
    return createCanaryPicker(strategy, members, {
      random: new Chance(this.#input.seed + 4).next,
      inFlight: this.#load.inFlight,
      observations: this.#observations,
      prices: {
        costOf({ targetId }, facts) {
          const target = byId.get(targetId)!;
          return target.nature.isPriceUnknown ? undefined : target.costOf(facts, false);
        },
        fits: () => true,
      },
    });
  }

  #arrive(): void {
    const { id, hash, isFirst } = this.#conversations.next();
    const chance = this.#arrivals;
    const work: Work = {
      inputTokens: Math.round(chance.logNormal(1_500, 0.8)),
      outputTokens: Math.max(1, Math.round(chance.logNormal(150, 0.7))),
      slowness: chance.logNormal(1, 0.25),
      luck: chance.next(),
    };
    const { inputTokens, outputTokens } = work;
    const tokens = { inputTokens, outputTokens, searchUnits: 0 };
    const facts = { stickyHash: hash, ...tokens, stream: true, requestedModel: 'model', needs: 0 };
    this.#try({ work, facts, conversation: id, isFirstTurn: isFirst, startedAt: this.#now, tried: [] });
    this.#arrived++;
    const next = this.#now + chance.exponential(this.#gapMs);
    if (this.#arrived < this.#input.requests) this.#events.put(next, () => this.#arrive());
  }

  #try(request: Request): void {
    const facts: PickFacts = { ...request.facts, now: this.#now };
    const { eligible } = this.#picker;
    eligible.set(this.#open);
    for (const index of request.tried) eligible[index] = 0;
    const index = request.tried.length < MAX_ATTEMPTS ? this.#picker.pick(facts) : -1;
    if (index === -1) {
      this.#tally.gaveUp();
      return;
    }
    request.tried.push(index);
    this.#attempt(request, index, facts);
  }

  #attempt(request: Request, index: number, facts: PickFacts): void {
    const target = this.#targets[index]!;
    const begunAt = this.#now;
    const isWarm = this.#conversations.isWarm(request.conversation, index, begunAt);
    // Luck is another for each attempt of a request.
    const luck = (request.work.luck + 0.37 * (request.tried.length - 1)) % 1;
    const fate = target.take({ ...request.work, luck }, isWarm, begunAt);
    const observation = this.#observations.of(target.member, 'model');
    const { targetId } = target.member;
    this.#load.enter(targetId);
    observation.began(facts, begunAt);
    target.attempts++;
    target.inFlight++;
    this.#reconsider(index);

    const end = (outcome: 'answered' | 'failed') => {
      const ms = this.#now - begunAt;
      this.#load.leave(targetId);
      target.inFlight--;
      this.#reconsider(index);
      observation.ended({ stream: true, hadFirstToken: outcome === 'answered', outcome, ms }, this.#now);
    };
    if (fate.kind === 'answered') {
      const { firstTokenMs, totalMs, reading } = fate;
      this.#events.put(begunAt + firstTokenMs, () => {
        observation.firstToken(firstTokenMs, this.#now);
        if (reading !== undefined) observation.rateLimits(reading, this.#now);
        this.#failuresInRow[index] = 0;
        this.#tally.answered({
          waitedMs: this.#now - request.startedAt,
          nanoDollars: target.costOf(request.work, isWarm),
          isWarm: request.isFirstTurn ? undefined : isWarm,
        });
      });
      this.#events.put(begunAt + totalMs, () => end('answered'));
      return;
    }
    this.#events.put(begunAt + fate.afterMs, () => {
      end('failed');
      this.#tally.failed(fate.kind);
      if (fate.kind === 'limited') observation.rateLimits(fate.reading, this.#now);
      this.#judge(index, fate.kind === 'limited' ? fate.resetMs : undefined);
      this.#try(request);
    });
  }

  /** A target failed: its limit is spent until a reset, or it is one failure nearer to being out. */
  #judge(index: number, resetMs: number | undefined): void {
    this.#failuresInRow[index]!++;
    if (resetMs === undefined && this.#failuresInRow[index]! < FAILURES_TO_OUT) return;
    this.#failuresInRow[index] = 0;
    this.#usable[index] = 0;
    this.#reconsider(index);
    const comeBack = () => {
      // A probe finds out whether it is still failing.
      if (this.#targets[index]!.isInSpell(this.#now)) this.#events.put(this.#now + OUT_MS, comeBack);
      else {
        this.#usable[index] = 1;
        this.#reconsider(index);
      }
    };
    this.#events.put(this.#now + (resetMs ?? OUT_MS), comeBack);
  }

  /** Whether a target may be picked from now on. */
  #reconsider(index: number): void {
    const { inFlight, nature } = this.#targets[index]!;
    const isFull = this.#input.limits === 'capacity' && inFlight >= MOST_OF_CAPACITY * nature.capacity;
    this.#open[index] = isFull ? 0 : this.#usable[index]!;
  }

  #timePicks(): number {
    const tokens = { inputTokens: 1_500, outputTokens: 150, searchUnits: 0 };
    const facts = { ...tokens, stream: true, requestedModel: 'model', needs: 0 };
    const before = process.cpuUsage();
    for (let count = 0; count < TIMED_PICKS; count++) {
      this.#picker.eligible.fill(1);
      this.#picker.pick({ ...facts, stickyHash: count, now: this.#now });
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / TIMED_PICKS;
  }
}

/** How long a request is with a target on average, where there is room. */
function meanHoldMs(targets: readonly SimulatedTarget[]): number {
  const holds = targets.map(({ nature }) => (nature.firstTokenMs + nature.tokenMs * 190) * nature.capacity);
  const capacity = targets.reduce((sum, { nature }) => sum + nature.capacity, 0);
  return holds.reduce((sum, hold) => sum + hold, 0) / capacity;
}
