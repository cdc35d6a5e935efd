/** A duration of a file, in seconds, as the rest of the gateway has it. */
export function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}
