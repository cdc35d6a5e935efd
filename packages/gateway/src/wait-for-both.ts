/**
 * Waits for two answers that were asked for at the same time, and gives the second. Throws what the first was refused
 * with, else what the second was: not before both are known, so that what one of them got can be given back.
 */
export async function waitForBoth<Second>(first: Promise<unknown>, second: Promise<Second>): Promise<Second> {
  const [one, other] = await Promise.allSettled([first, second]);
  if (one.status === 'rejected') throw one.reason;
  if (other.status === 'rejected') throw other.reason;
  return other.value;
}
