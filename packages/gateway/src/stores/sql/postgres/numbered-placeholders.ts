const MAX_KEPT = 500;
const kept = new Map<string, string>();

/** A quoted text or name, a comment, or a placeholder: what may hold a `?`. */
const parts = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^*]*\*+(?:[^*/][^*]*\*+)*\/|\?/g;

/** The statement with `$1`, `$2`, … in place of every `?` that is a placeholder. */
export function numberedPlaceholders(sql: string): string {
  const known = kept.get(sql);
  if (known !== undefined) return known;
  let count = 0;
  const numbered = sql.replace(parts, (part) => {
    if (part !== '?') return part;
    count += 1;
    return `$${count}`;
  });
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(sql, numbered);
  return numbered;
}
