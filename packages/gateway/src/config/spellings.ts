import type { ConfigPath } from './config-path.ts';
import type { Findings } from './findings.ts';

/** Names of one setting that may stand side by side. */
interface Spellings {
  /** Where they stand; `*` is any key. */
  readonly section: ConfigPath;
  /** The first that is given counts. */
  readonly keys: readonly string[];
  /** Lists whose entries count under whichever name: none of them may be lost without a word. */
  readonly isMerged?: true;
}

/** Those of a target are told where its address and its kind are read. */
const all: readonly Spellings[] = [
  { section: ['security', 'ip_filter'], keys: ['allowlist', 'whitelist', 'allow'], isMerged: true },
  { section: ['security', 'ip_filter'], keys: ['denylist', 'blacklist', 'deny'], isMerged: true },
  { section: ['cors'], keys: ['allowed_origins', 'origins'] },
  { section: ['queue'], keys: ['timeout_seconds', 'timeout_secs'] },
  { section: ['tenants', '*'], keys: ['data_residency', 'regions'] },
];

/** Warns where one setting has several names with different values. `given`: the document before defaults. */
export function warnOfSpellings(given: unknown, findings: Findings): void {
  for (const { isMerged, keys, section } of all) {
    for (const { path, values } of sectionsAt(given, section)) {
      const used = keys.filter((key) => values[key] !== undefined && values[key] !== null);
      if (new Set(used.map((key) => comparable(values[key]))).size < 2) continue;
      const outcome = isMerged
        ? 'the entries of all count. Put them into one list.'
        : `${used[0]} is used. Remove the other.`;
      findings.warn(`${used.join(' and ')} mean the same, but differ; ${outcome}`, [...path, used[1]!]);
    }
  }
}

interface Section {
  readonly path: ConfigPath;
  readonly values: Readonly<Record<string, unknown>>;
}

function sectionsAt(given: unknown, section: ConfigPath): readonly Section[] {
  return section.reduce<readonly Section[]>(
    (found, part) =>
      found.flatMap(({ path, values }) =>
        (part === '*' ? Object.keys(values) : [String(part)]).flatMap((key) => {
          const inner = values[key];
          return isSection(inner) ? [{ path: [...path, key], values: inner }] : [];
        }),
      ),
    isSection(given) ? [{ path: [], values: given }] : [],
  );
}

function isSection(value: unknown): value is Section['values'] {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The order of a list is no difference. */
function comparable(value: unknown): string {
  return Array.isArray(value) ? JSON.stringify([...new Set(value.map(String))].sort()) : String(value);
}
