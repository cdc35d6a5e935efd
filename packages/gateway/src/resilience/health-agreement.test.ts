import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import type { FailureKind } from './failure.ts';
import { createHealthRegistry, type HealthEvent, type HealthRecord, type HealthRegistry } from './health.ts';

/** What must be the same in all processes when everything said has arrived. */
function essence(registry: HealthRegistry) {
  const record = registry.recordOf('t');
  const models = (record?.models ?? [])
    .filter(({ consecutiveFailures, coolDownLevel, isOpen }) => isOpen || consecutiveFailures + coolDownLevel > 0)
    .map(({ consecutiveFailures, coolDownLevel, isOpen, model }) => ({
      model,
      isOpen,
      consecutiveFailures,
      coolDownLevel,
    }))
    .sort((left, right) => (left.model < right.model ? -1 : 1));
  const { consecutiveFailures = 0, coolDownLevel = 0, modelsOpened = 0, state = 'unknown' } = record ?? {};
  const usable = ['a', 'b', 'c', 'd', undefined].map((model) => registry.isUsable('t', model));
  return { state, consecutiveFailures, coolDownLevel, modelsOpened, models, usable, history: registry.history('t') };
}

/** Three registries whose messages wait until they are let through, in the order in which they were sent. */
class SlowCluster {
  readonly clock = createManualClock();
  readonly decider: HealthRegistry = this.#create();
  readonly replicas = [this.#create(), this.#create()];
  readonly #queues: (() => void)[][] = [[], [], [], []];

  constructor() {
    for (const [index, replica] of this.replicas.entries()) {
      replica.listen({
        event: (event) => this.#send(index, event, (copy) => this.decider.receive(copy as HealthEvent)),
      });
      this.decider.listen({
        record: (record) => this.#send(2 + index, record, (copy) => replica.apply([copy as HealthRecord])),
      });
    }
  }

  deliver(queue: number): void {
    this.#queues[queue]!.shift()?.();
  }

  settle(): void {
    while (this.#queues.some((queue) => queue.length > 0)) for (const queue of this.#queues) queue.shift()?.();
  }

  #create(): HealthRegistry {
    return createHealthRegistry({ clock: this.clock, random: () => 0, onChange: () => undefined });
  }

  #send(queue: number, message: unknown, receive: (copy: unknown) => void): void {
    const text = JSON.stringify(message);
    this.#queues[queue]!.push(() => receive(JSON.parse(text)));
  }
}

type SharedStep =
  | { readonly do: 'fail'; readonly replica: number; readonly model: string | undefined; readonly kind: FailureKind }
  | { readonly do: 'succeed' | 'try'; readonly replica: number; readonly model: string | undefined }
  | { readonly do: 'end'; readonly isGood: boolean }
  | { readonly do: 'deliver'; readonly queue: number }
  | { readonly do: 'wait'; readonly ms: number };

const steps: fc.Arbitrary<SharedStep[]> = (() => {
  const model = fc.constantFrom('a', 'b', 'c', 'd', undefined);
  const kinds = [
    'transient',
    'transient',
    'transient',
    'connect_failed',
    'caller_fault',
    'credential_refused',
  ] as const;
  const replica = fc.nat(1);
  const step = fc.oneof<fc.WeightedArbitrary<SharedStep>[]>(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('fail'), replica, model, kind: fc.constantFrom(...kinds) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('succeed'), replica, model }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('try'), replica, model }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('end'), isGood: fc.boolean() }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('deliver'), queue: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.nat(8000) }) },
  );
  return fc.array(step, { maxLength: 100, size: 'max' });
})();

/** Lets a cluster live through steps; trials are reported on in the order in which they began. */
function live(cluster: SlowCluster, taken: readonly SharedStep[]): void {
  const { clock, replicas } = cluster;
  const trials: ((isGood: boolean) => void)[] = [];
  for (const step of taken) {
    if (step.do === 'deliver') cluster.deliver(step.queue);
    else if (step.do === 'wait') clock.advance(step.ms);
    else if (step.do === 'end') trials.shift()?.(step.isGood);
    else {
      const registry = replicas[step.replica]!;
      const { model } = step;
      if (step.do === 'fail') registry.reportFailure('t', step.kind, undefined, { model });
      else if (step.do === 'succeed') registry.reportSuccess('t', undefined, model);
      else if (registry.beginTrial('t', model)) {
        const startedAt = clock.now();
        trials.push((isGood) => {
          if (isGood) registry.reportSuccess('t', startedAt, model);
          else registry.reportFailure('t', 'transient', startedAt, { model });
        });
      }
    }
  }
}

test('whatever happens and however late it is told, all come to believe the same', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const cluster = new SlowCluster();
      live(cluster, taken);
      cluster.settle();
      for (const registry of cluster.replicas) expect(essence(registry)).toEqual(essence(cluster.decider));
    }),
    { numRuns: 300 },
  );
});

describe('two workers that try at the same moment', () => {
  function bothTry() {
    const cluster = new SlowCluster();
    const [first, second] = cluster.replicas;
    for (let time = 0; time < 3; time += 1) cluster.decider.reportFailure('t', 'transient');
    cluster.settle();
    cluster.clock.advance(5000);
    expect([first!.beginTrial('t'), second!.beginTrial('t')]).toEqual([true, true]);
    return { cluster, first: first!, second: second! };
  }

  test('hear who was believed', () => {
    const { cluster, first, second } = bothTry();
    second.reportFailure('t', 'transient');
    cluster.settle();
    first.reportSuccess('t');
    expect(first.isUsable('t')).toBe(true);
    cluster.settle();
    const all = [cluster.decider, first, second];
    expect(all.map((registry) => registry.isUsable('t'))).toEqual([false, false, false]);
    expect(all.map((registry) => registry.waitMs('t'))).toEqual([10_000, 10_000, 10_000]);
  });

  test('a word of the primary from before a trial does not end it', () => {
    const cluster = new SlowCluster();
    const [first, second] = cluster.replicas;
    for (let time = 0; time < 3; time += 1) cluster.decider.reportFailure('t', 'transient');
    cluster.settle();
    cluster.clock.advance(5000);
    cluster.decider.reportProbe('t', { outcome: { status: 500 }, failureThreshold: 3, successThreshold: 1 });
    expect(first!.beginTrial('t')).toBe(true);
    cluster.deliver(2);
    expect(first!.canTry('t')).toBe(false);
    first!.reportSuccess('t');
    cluster.settle();
    expect([cluster.decider, first!, second!].map((registry) => registry.isUsable('t'))).toEqual([true, true, true]);
  });
});
