import { rollupWidths } from './ledger-rollups.ts';

/** What a report is about: from a time on, up to a time or up to now. Milliseconds since 1970. */
export interface ReportWindow {
  readonly from: number;
  /** Exclusive; undefined for all that came since. */
  readonly to: number | undefined;
}

/** How far back rows and sums go, in milliseconds since 1970. */
export interface LedgerFloors {
  readonly rows: number;
  readonly minutes: number;
  readonly hours: number;
}

/** A part of a window and where it is read: sums of one width, or rows (`width` 1). */
export interface WindowPart {
  readonly width: number;
  readonly from: number;
  readonly to: number;
}

export interface WindowParts {
  /** The beginning that was really taken: earlier than asked where rows that old are gone. */
  readonly from: number;
  readonly parts: readonly WindowPart[];
}

const [minute, hour, day] = rollupWidths;
/** Later than any row. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** What a window can be read from, the narrowest first. */
const allWidths = [1, ...rollupWidths] as const;

/** Which sums may be used: none that is narrower or wider, in milliseconds. */
export interface SumWidths {
  readonly narrowest: number;
  readonly widest: number;
}

/**
 * Divides a window into parts that do not overlap: rows for what is left of a minute, then minutes, hours, days as far
 * as they fit, then back. Where what is narrow enough is gone, the window begins earlier, or ends later, than it was
 * asked for.
 */
export function divideWindow(
  window: ReportWindow,
  floors: LedgerFloors,
  { narrowest, widest }: SumWidths,
): WindowParts {
  const end = window.to ?? NEVER;
  const possible = allWidths.filter((width) => width === 1 || width >= narrowest);
  const finest = possible.find((width) => down(window.from, width) >= floorOf(width, floors)) ?? day;
  // What is wider than may be used stands in for what is gone, and no longer than that.
  const wanted = possible.filter((width) => width <= widest);
  const standing = possible.filter((width) => width <= Math.max(widest, finest));
  const kept = floorOf(widest, floors);
  const from = down(window.from, finest);
  const parts: WindowPart[] = [];
  for (let at = from; at < end; at = parts.at(-1)!.to) {
    const widths = at < kept ? standing : wanted;
    const usable = widths.filter((width) => at % width === 0 && at >= floorOf(width, floors));
    const width = usable.findLast((one) => at + one <= end) ?? usable[0] ?? day;
    const wider = widths.find((one) => one > width);
    const next = width > widest ? up(kept, width) : wider === undefined ? NEVER : down(at, wider) + wider;
    // Up to where another one can begin, or to the last that fits; at least one.
    const until = Math.min(downTo(end, width), next);
    append(parts, { width, from: at, to: Math.max(until, at + width) });
  }
  return { from, parts };
}

function append(parts: WindowPart[], part: WindowPart): void {
  const before = parts.at(-1);
  if (before?.width === part.width) parts[parts.length - 1] = { ...before, to: part.to };
  else parts.push(part);
}

function floorOf(width: number, floors: LedgerFloors): number {
  if (width === 1) return floors.rows;
  return width === minute ? floors.minutes : width === hour ? floors.hours : 0;
}

function down(time: number, width: number): number {
  return time - (time % width);
}

function up(time: number, width: number): number {
  return Math.ceil(time / width) * width;
}

/** The end of the last whole bucket; an open end stays open. */
function downTo(time: number, width: number): number {
  return time === NEVER ? NEVER : down(time, width);
}

const units: Readonly<Record<string, number>> = { s: 1_000, m: minute, h: hour, d: day, w: 7 * day };
/** A hundred years: longer windows hold no more. */
const MAX_WINDOW = 36_525 * day;

/** Milliseconds of a duration such as `90s`, `15m`, `24h`, `7d` or `2w`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const found = /^(\d{1,9})([smhdw])$/.exec(text.trim());
  if (found === null) return undefined;
  const length = Number(found[1]) * units[found[2]!]!;
  return length > 0 ? Math.min(length, MAX_WINDOW) : undefined;
}
