import type { ByteText } from './byte-text.ts';

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

/** Writes what `formatMilliseconds` gives. */
export function writeMilliseconds(text: ByteText, milliseconds: number): void {
  const micros = Math.round(milliseconds * 1_000);
  text.reserve(MAX_BYTES);
  if (!Number.isSafeInteger(micros) || micros < 0) {
    text.ascii(formatMilliseconds(milliseconds));
    return;
  }
  const rest = micros % 1_000;
  text.digits((micros - rest) / 1_000);
  if (rest === 0) return;
  text.ascii('.');
  if (rest % 100 === 0) text.lastDigits(rest / 100, 1);
  else if (rest % 10 === 0) text.lastDigits(rest / 10, 2);
  else text.lastDigits(rest, 3);
}

/** Of the longest text: a sign, sixteen digits and a point. */
const MAX_BYTES = 18;
