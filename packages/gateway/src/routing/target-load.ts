/** Attempts running on each target in this process, for strategies that look at the load. */
export interface TargetLoad {
  readonly inFlight: (targetId: string) => number;
  readonly enter: (targetId: string) => void;
  readonly leave: (targetId: string) => void;
}

/** Counts attempts by target id. A target without any takes no memory, so ids that go with a reload leave nothing. */
export function createTargetLoad(): TargetLoad {
  const counts = new Map<string, number>();
  return {
    inFlight: (targetId) => counts.get(targetId) ?? 0,
    enter: (targetId) => void counts.set(targetId, (counts.get(targetId) ?? 0) + 1),
    leave(targetId) {
      const count = (counts.get(targetId) ?? 0) - 1;
      if (count > 0) counts.set(targetId, count);
      else counts.delete(targetId);
    },
  };
}
