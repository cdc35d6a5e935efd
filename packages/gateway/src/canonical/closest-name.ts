const MAX_DISTANCE = 2;
/** Names compared at most, and the longest text compared, where whoever calls chooses the name: it must stay cheap. */
const MOST_COMPARED = 500;
const LONGEST_COMPARED = 64;

/** The candidate that `name` is most likely a slip of the pen for, or undefined when none is near. */
export function closestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(MAX_DISTANCE, Math.max(1, Math.floor(name.length / 2))) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** A question to put behind what is said of a name that nobody knows; empty where no candidate is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const closest = closestName(name, candidates);
  return closest === undefined ? '' : ` Did you mean \`${closest}\`?`;
}

/** Up to three names that a caller who wrote `wrong` may have meant, the closest first. */
export function closeNames(wrong: string, names: readonly string[]): readonly string[] {
  if (wrong.length > LONGEST_COMPARED) return [];
  const text = wrong.toLowerCase();
  const tolerance = Math.max(1, Math.floor(text.length / 3));
  return names
    .slice(0, MOST_COMPARED)
    .filter((name) => name.length <= LONGEST_COMPARED)
    .map((name) => ({ name, distance: editDistance(text, name.toLowerCase(), tolerance) }))
    .filter(({ distance }) => distance <= tolerance)
    .sort((left, right) => left.distance - right.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/**
 * Damerau-Levenshtein distance (optimal alignment): insertions, deletions, substitutions, swapped neighbours. Texts
 * whose lengths alone differ by more than `most` are `most` + 1 apart.
 */
export function editDistance(left: string, right: string, most = MAX_DISTANCE): number {
  if (Math.abs(left.length - right.length) > most) return most + 1;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1];
      let cost = Math.min(previous[column]! + 1, current[column - 1]! + 1, previous[column - 1]! + (isSame ? 0 : 1));
      const isSwap =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (isSwap) cost = Math.min(cost, beforePrevious[column - 2]! + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length]!;
}
