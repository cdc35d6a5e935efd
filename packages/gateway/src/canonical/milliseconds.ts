/**
 * Milliseconds as a JSON number to the microsecond, `12.345`. Put together from whole numbers: finding the shortest text
 * of a fraction takes several times as long, and each request prints four of them.
 */
export function formatMilliseconds(milliseconds: number): string {
  const micros = Math.round(milliseconds * 1_000);
  // Not a number, or more than whole numbers can hold: no duration.
  if (!Number.isSafeInteger(micros)) return '0';
  if (micros < 0) return `-${formatMilliseconds(-milliseconds)}`;
  const rest = micros % 1_000;
  const whole = (micros - rest) / 1_000;
  if (rest === 0) return `${whole}`;
  if (rest % 100 === 0) return `${whole}.${rest / 100}`;
  if (rest % 10 === 0) return `${whole}.${rest < 100 ? '0' : ''}${rest / 10}`;
  return `${whole}.${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}`;
}
