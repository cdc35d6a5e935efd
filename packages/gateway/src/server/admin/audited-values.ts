/**
 * What a call set, as it is shown from then on, for the audit log: that a cap was changed says little where nobody knows to
 * what. What it was before is told by the event before. Secrets are not shown.
 */
export function auditedValues(body: object, shown: object): { readonly values: Readonly<Record<string, unknown>> } {
  const values = Object.entries(shown).filter(([field]) => Object.hasOwn(body, field) && !untold.has(field));
  return { values: Object.fromEntries(values) };
}

/** Every event names its item by the first two; `metadata` is the owner's own and may be anything. */
const untold: ReadonlySet<string> = new Set(['id', 'name', 'metadata']);
