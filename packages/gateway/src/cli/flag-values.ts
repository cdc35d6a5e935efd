import { InvalidArgumentError } from 'commander';

/** A parser of whole numbers between two bounds, for an option's `argParser`. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= minimum && value <= maximum)) {
      throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}

/** The text of a span of time, for an option's `argParser`. */
export function timeSpan(text: string): string {
  if (/^[1-9]\d{0,5}[smhdw]$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a span of time such as 90s, 15m, 24h or 7d.');
}

/** A parser of decimal numbers between two bounds. */
export function decimalNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= minimum && value <= maximum)) {
      throw new InvalidArgumentError(`It must be a number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}
