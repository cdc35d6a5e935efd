import type { AdaptiveConcurrencyConfig } from '../config/gateway-config.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';

/** A target that can do so much at once, as a test wants it. */
export interface SimulatedServer {
  /** Requests that it works on at once. */
  capacity: number;
  /** What it does with more: lets them wait, or refuses them. */
  readonly excess: 'queued' | 'refused';
  /** Milliseconds to the first token once it works on a request, and for the whole of it. */
  firstTokenMs: number;
  wholeMs: number;
  /** How much these vary by chance: standard deviation of their logarithm. At 1 every tenth takes three times as long. */
  readonly noise: number;
}

export interface SimulationInput {
  readonly server: SimulatedServer;
  readonly config: AdaptiveConcurrencyConfig;
  /** Callers that want something all the time. */
  callers: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

interface Event {
  readonly at: number;
  readonly run: () => void;
}

/** Callers, a limit and a target, on a clock of their own. */
export class Simulation {
  readonly limit: AdaptiveLimit;
  now = 0;
  answered = 0;
  refused = 0;
  readonly #input: SimulationInput;
  #inFlight = 0;
  /** When each place at the target is free. */
  #freeAt: number[];
  readonly #events: Event[] = [];

  constructor(input: SimulationInput) {
    this.#input = input;
    this.limit = new AdaptiveLimit(input.config);
    this.#freeAt = Array.from({ length: input.server.capacity }, () => 0);
  }

  /** Lets time pass; returns the limit at every 100 ms of it. */
  run(durationMs: number): number[] {
    const end = this.now + durationMs;
    const limits: number[] = [];
    let next = this.now;
    this.#fill();
    while (this.#events.length > 0 && this.#events[0]!.at <= end) {
      const event = this.#events.shift()!;
      for (; next <= event.at; next += 100) limits.push(this.limit.current);
      this.now = event.at;
      event.run();
      this.#fill();
    }
    this.now = end;
    return limits;
  }

  /** The target becomes another; what it works on stays. */
  resize(capacity: number): void {
    this.#input.server.capacity = capacity;
    this.#freeAt.sort((left, right) => right - left);
    this.#freeAt = Array.from({ length: capacity }, (_, index) => this.#freeAt[index] ?? this.now);
  }

  #fill(): void {
    while (this.#inFlight < Math.min(this.limit.current, this.#input.callers)) this.#send();
  }

  #send(): void {
    const startedAt = this.now;
    const { server } = this.#input;
    this.#inFlight++;
    this.limit.noteStart();
    const earliest = this.#freeAt.indexOf(Math.min(...this.#freeAt));
    const isBusy = this.#freeAt[earliest]! > this.now;
    if (isBusy && server.excess === 'refused') {
      this.#at(this.now + 20, () => this.#end({ outcome: 'pushed_back', startedAt, latencyMs: undefined }));
      return;
    }
    const begins = Math.max(this.now, this.#freeAt[earliest]!);
    const factor = Math.exp(server.noise * normal(this.#input.random));
    const latencyMs = begins - startedAt + server.firstTokenMs * factor;
    const endsAt = begins + server.wholeMs * factor;
    this.#freeAt[earliest] = endsAt;
    this.#at(endsAt, () => this.#end({ outcome: 'ok', startedAt, latencyMs }));
  }

  #end(end: Parameters<AdaptiveLimit['noteEnd']>[0]): void {
    this.#inFlight--;
    if (end.outcome === 'ok') this.answered++;
    else this.refused++;
    this.limit.noteEnd(end, this.now);
  }

  #at(at: number, run: () => void): void {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, { at, run });
  }
}

/** A normally distributed number (Box and Muller's way). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Chance that is the same in every run, from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
