import { createManualClock, type ManualClock } from '../stores/manual-clock.fixture.ts';
import type { FailureKind } from './failure.ts';
import {
  createHealthRegistry,
  type FailureNews,
  type HealthRegistry,
  type HealthSettings,
  type HealthTransition,
} from './health.ts';

/** A registry of one target `t`, and what is done to it. */
export interface HealthScene {
  readonly clock: ManualClock;
  readonly registry: HealthRegistry;
  /** Changes of state so far, of models and of the target. */
  readonly changes: readonly string[];
  /** Reports failures, three of them where nothing else is said. */
  readonly fail: (model: string | undefined, kind?: FailureKind, times?: number, news?: FailureNews) => void;
  readonly succeed: (model?: string) => void;
  /** Those of these models for which the target may be used now. */
  readonly usable: (...models: (string | undefined)[]) => readonly (string | undefined)[];
}

export function createHealthScene(settings: Partial<HealthSettings> = {}): HealthScene {
  const clock = createManualClock();
  const changes: string[] = [];
  const note = ({ from, model, reason, to }: HealthTransition): void => {
    changes.push(`${model ?? 'target'} ${from}>${to} ${reason}`);
  };
  const registry = createHealthRegistry({ clock, random: () => 0, settings, onChange: note, onModelChange: note });
  return {
    clock,
    registry,
    changes,
    fail(model, kind = 'transient', times = 3, news = {}) {
      for (let time = 0; time < times; time += 1) registry.reportFailure('t', kind, clock.now(), { model, ...news });
    },
    succeed: (model) => registry.reportSuccess('t', clock.now(), model),
    usable: (...models) => models.filter((model) => registry.isUsable('t', model)),
  };
}
