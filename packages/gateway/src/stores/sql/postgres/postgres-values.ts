import pg from 'pg';
import type { SqlValue } from '../database.ts';

type Parser = (text: string) => unknown;

const INT8 = 20;
const NUMERIC = 1700;

/** Whole numbers as numbers while they are exact, bigints beyond; the driver would give text. Sums are NUMERIC. */
export function parserOf(type: number, format?: 'text' | 'binary'): Parser {
  if (type === INT8) return wholeNumber;
  if (type === NUMERIC) return (text) => (/^-?\d+$/.test(text) ? wholeNumber(text) : Number(text));
  return pg.types.getTypeParser(type, format as 'text') as Parser;
}

function wholeNumber(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** Booleans are whole numbers in every table. */
export function toBinding(value: SqlValue): string | number | bigint | null {
  return typeof value === 'boolean' ? Number(value) : value;
}
