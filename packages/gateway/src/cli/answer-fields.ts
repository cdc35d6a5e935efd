import { CommandFailure } from './command-failure.ts';
import { isRecord } from './gateway-api.ts';

/** A part of a gateway's answer, of which nothing is certain but that it is an object. */
export type AnswerPart = Readonly<Record<string, unknown>>;

/** The parts of a list within an answer. Throws CommandFailure when there is no such list. */
export function partsIn(answer: unknown, name: string): readonly AnswerPart[] {
  const list = isRecord(answer) ? answer[name] : undefined;
  if (!Array.isArray(list)) throw new CommandFailure('server_error', `The answer of the gateway has no list ${name}.`);
  return list.filter(isRecord);
}

/** The same where the list may be missing. */
export function optionalPartsIn(part: AnswerPart, name: string): readonly AnswerPart[] {
  const list = part[name];
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

/** A value as a table shows it: `-` for what is missing, yes and no, lists joined. */
export function shown(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(shown).join(', ') || '-';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function numberIn(part: AnswerPart, name: string): number | undefined {
  const value = part[name];
  return typeof value === 'number' ? value : undefined;
}

/** A share from 0 to 1 as percent. */
export function percentIn(part: AnswerPart, name: string): string {
  const share = numberIn(part, name);
  return share === undefined ? '-' : `${(share * 100).toFixed(1).replace(/\.0$/, '')} %`;
}

/** Milliseconds as `800 ms`, `4.2 s`, `3 min` or `2 h`. */
export function spanIn(part: AnswerPart, name: string): string {
  const ms = numberIn(part, name);
  if (ms === undefined) return '-';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1).replace(/\.0$/, '')} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

/** An ISO time without fractions of a second. */
export function timeIn(part: AnswerPart, name: string): string {
  const value = part[name];
  return typeof value === 'string' ? value.replace(/\.\d+Z$/, 'Z') : '-';
}
