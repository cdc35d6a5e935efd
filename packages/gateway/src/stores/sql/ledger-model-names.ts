/** The names of models that reports tell apart. */
export interface ReportedModels {
  /** The name under which a model is reported; `isAnswered` when a target answered for it. */
  nameOf(model: string, isAnswered: boolean): string;
}

/** Under which the rest is reported. */
export const OTHER_MODEL = 'other';

/**
 * Callers may ask for models that do not exist, and each such name would be a row of every report for ever. A name that
 * was answered for is reported; of the others, so many.
 */
export function createReportedModels(maxUnanswered = 1_000, maxAnswered = 20_000): ReportedModels {
  const answered = new Set<string>();
  const unanswered = new Set<string>();
  return {
    nameOf(model, isAnswered) {
      if (answered.has(model) || unanswered.has(model)) return model;
      const [names, limit] = isAnswered ? [answered, maxAnswered] : [unanswered, maxUnanswered];
      if (names.size >= limit) return OTHER_MODEL;
      names.add(model);
      return model;
    },
  };
}
