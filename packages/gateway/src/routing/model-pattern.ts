/** How well a provider's list of known models fits a name: named by it, taken like any other name, or not at all. */
export type Fit = 'known' | 'any' | 'none';

/** Looks a model up among patterns with `*` for any text; upper and lower case are the same. */
export function fitOf(patterns: readonly string[], model: string): Fit {
  const name = model.toLowerCase();
  let fit: Fit = 'none';
  for (const pattern of patterns) {
    if (pattern === '*') fit = 'any';
    else if (matchesPattern(pattern.toLowerCase(), name)) return 'known';
  }
  return fit;
}

/** Each part between stars is looked for after the one before, which is enough because stars take any text. */
function matchesPattern(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0]!;
  if (parts.length === 1) return name === first;
  const last = parts[parts.length - 1]!;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let position = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, position);
    if (found === -1) return false;
    position = found + part.length;
  }
  return position <= name.length - last.length;
}
