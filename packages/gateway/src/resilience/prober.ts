import type { Clock } from '../canonical/clock.ts';
import type { Target } from '../routing/target.ts';
import type { HealthRegistry, ProbeOutcome } from './health.ts';

/** What a probe needs of a target. */
export type ProbedTarget = Pick<Target, 'id' | 'healthId' | 'origin' | 'credentialHeaders' | 'probe'>;

export interface ProbeRequest<Probed extends ProbedTarget = ProbedTarget> {
  readonly target: Probed;
  /** Aborts when the probe takes too long or is no longer wanted. */
  readonly signal: AbortSignal;
}

export interface ProberInput<Probed extends ProbedTarget> {
  /** Sends one free GET to `target.probe.path`. A rejection counts as no answer. */
  readonly probe: (request: ProbeRequest<Probed>) => Promise<ProbeOutcome>;
  readonly registry: Pick<HealthRegistry, 'reportProbe'>;
  readonly clock: Pick<Clock, 'now' | 'schedule'>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Asks targets regularly whether they are well, once for all targets that share a health id. */
export interface Prober<Probed extends ProbedTarget> {
  /** Replaces the targets; those that stay keep their rhythm. */
  update(targets: Iterable<Probed>): void;
  /** Ends all probes, those under way too. */
  stop(): void;
}

/** Milliseconds over which first probes are spread, so that a start does not call every provider at once. */
const startSpreadMs = 1000;
/** Milliseconds between probes at least, whatever the configuration says. */
const shortestIntervalMs = 100;

export function createProber<Probed extends ProbedTarget>(input: ProberInput<Probed>): Prober<Probed> {
  const rounds = new Map<string, ProbeRound<Probed>>();
  return {
    update(targets) {
      const wanted = wantedByHealthId(targets);
      for (const [healthId, round] of rounds) {
        if (wanted.has(healthId)) continue;
        round.stop();
        rounds.delete(healthId);
      }
      for (const [healthId, target] of wanted) {
        const round = rounds.get(healthId);
        if (round !== undefined) round.update(target);
        else rounds.set(healthId, new ProbeRound(input, target));
      }
    },
    stop() {
      for (const round of rounds.values()) round.stop();
      rounds.clear();
    },
  };
}

/** Of targets that share a health id, the one that wants to be asked most often. */
function wantedByHealthId<Probed extends ProbedTarget>(targets: Iterable<Probed>): Map<string, Probed> {
  const wanted = new Map<string, Probed>();
  for (const target of targets) {
    if (target.probe.path === undefined || target.probe.intervalMs <= 0) continue;
    const other = wanted.get(target.healthId);
    if (other === undefined || target.probe.intervalMs < other.probe.intervalMs) wanted.set(target.healthId, target);
  }
  return wanted;
}

/** The probes of one health id, one at a time. */
class ProbeRound<Probed extends ProbedTarget> {
  readonly #input: ProberInput<Probed>;
  #target: Probed;
  #cancelNext: () => void;
  #dueAt: number;
  #underWay: AbortController | undefined;
  #isStopped = false;

  constructor(input: ProberInput<Probed>, target: Probed) {
    this.#input = input;
    this.#target = target;
    const delayMs = input.random() * startSpreadMs;
    this.#dueAt = input.clock.now() + delayMs;
    this.#cancelNext = this.#schedule(delayMs);
  }

  update(target: Probed): void {
    const { clock } = this.#input;
    this.#target = target;
    const latest = clock.now() + target.probe.intervalMs;
    if (this.#underWay !== undefined || this.#dueAt <= latest) return;
    // The interval became shorter than what was left of the old one.
    this.#cancelNext();
    this.#dueAt = latest;
    this.#cancelNext = this.#schedule(target.probe.intervalMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelNext();
    this.#underWay?.abort();
  }

  #schedule(delayMs: number): () => void {
    return this.#input.clock.schedule(() => void this.#run(), delayMs);
  }

  async #run(): Promise<void> {
    const { clock, registry } = this.#input;
    const target = this.#target;
    const startedAt = clock.now();
    const controller = new AbortController();
    this.#underWay = controller;
    const outcome = await this.#ask(target, controller);
    this.#underWay = undefined;
    if (this.#isStopped) return;
    const { failureThreshold, successThreshold } = target.probe;
    registry.reportProbe(target.healthId, { outcome, failureThreshold, successThreshold });
    // From start to start, so that slow answers do not stretch the rhythm.
    const intervalMs = Math.max(shortestIntervalMs, this.#target.probe.intervalMs);
    const delayMs = Math.max(shortestIntervalMs, startedAt + intervalMs - clock.now());
    this.#dueAt = clock.now() + delayMs;
    this.#cancelNext = this.#schedule(delayMs);
  }

  /** The outcome of a probe, after its time limit at the latest, even if the probe ignores its signal. */
  async #ask(target: Probed, controller: AbortController): Promise<ProbeOutcome> {
    let cancelTimer: (() => void) | undefined;
    const expiry = new Promise<ProbeOutcome>((resolve) => {
      cancelTimer = this.#input.clock.schedule(() => {
        controller.abort();
        resolve({ error: new Error('The probe was not answered in time.') });
      }, target.probe.timeoutMs);
      controller.signal.addEventListener('abort', () => resolve({ error: new Error('The probe was aborted.') }), {
        once: true,
      });
    });
    try {
      return await Promise.race([this.#input.probe({ target, signal: controller.signal }), expiry]);
    } catch (error) {
      return { error };
    } finally {
      cancelTimer?.();
    }
  }
}
