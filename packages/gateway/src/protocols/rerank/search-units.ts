import { asCount } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';

/** A usage with the searches that are charged for beside it, where they are told. Who tells them alone tells no tokens. */
export function withSearchUnits(usage: Usage | undefined, told: unknown): Usage | undefined {
  const searchUnits = asCount(told);
  if (searchUnits === undefined) return usage;
  return { ...(usage ?? { input: 0, output: 0 }), searchUnits };
}
