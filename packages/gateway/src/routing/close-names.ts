/** Names compared at most, and the longest text compared: a wrong name must stay cheap. */
const maxCompared = 500;
const maxLength = 64;

/** Up to three names that somebody who wrote `wrong` may have meant, the closest first. */
export function closeNames(wrong: string, names: readonly string[]): readonly string[] {
  if (wrong.length > maxLength) return [];
  const text = wrong.toLowerCase();
  const tolerance = Math.max(1, Math.floor(text.length / 3));
  return names
    .slice(0, maxCompared)
    .filter((name) => name.length <= maxLength)
    .map((name) => ({ name, distance: distanceOf(text, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= tolerance)
    .sort((left, right) => left.distance - right.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Letters to insert, remove or replace to turn one text into the other. */
function distanceOf(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_value, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replaced = previous[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[right.length]!;
}
