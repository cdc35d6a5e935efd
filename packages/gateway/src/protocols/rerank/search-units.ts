import { asCount } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';

const SEARCH_DOCUMENTS = 100;

/** Searches that Cohere charges for so many documents, where nobody tells: https://docs.cohere.com/docs/models */
export function searchesAmong(documents: number): number {
  return Math.max(1, Math.ceil(documents / SEARCH_DOCUMENTS));
}

/** A usage with the searches that are charged for beside it, where they are told. Who tells them alone tells no tokens. */
export function withSearchUnits(usage: Usage | undefined, told: unknown): Usage | undefined {
  const searchUnits = asCount(told);
  if (searchUnits === undefined) return usage;
  return { ...(usage ?? { input: 0, output: 0 }), searchUnits };
}
