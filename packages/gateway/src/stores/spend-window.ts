/**
 * How long spending is counted before it begins at nothing again: a calendar period of UTC (weeks begin on Monday), the
 * last so many milliseconds, or for ever. A rolling window is counted in slices of a sixtieth, and a slice counts until
 * all of it has left: what is counted is never less than what was spent in the window.
 */
export type SpendWindow =
  | { readonly kind: 'calendar'; readonly period: 'hour' | 'day' | 'week' | 'month' }
  | { readonly kind: 'rolling'; readonly ms: number }
  | { readonly kind: 'total' };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** The first Monday of the calendar that counts from 1970. */
const MONDAY_MS = 4 * DAY_MS;

/** Parts of a rolling window that are told apart. */
export const slicesOfWindow = 60;

/** When the window that holds a moment began, in milliseconds since 1970; 0 where it never ends. */
export function windowStart(window: SpendWindow, wallMs: number): number {
  if (window.kind !== 'calendar') return 0;
  switch (window.period) {
    case 'hour':
      return Math.floor(wallMs / HOUR_MS) * HOUR_MS;
    case 'day':
      return Math.floor(wallMs / DAY_MS) * DAY_MS;
    case 'week':
      return Math.floor((wallMs - MONDAY_MS) / WEEK_MS) * WEEK_MS + MONDAY_MS;
    case 'month': {
      const date = new Date(wallMs);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
    }
  }
}

/** When a window that began then is over, in milliseconds since 1970; infinite where it never is. */
export function windowEnd(window: SpendWindow, start: number): number {
  if (window.kind !== 'calendar') return Number.POSITIVE_INFINITY;
  switch (window.period) {
    case 'hour':
      return start + HOUR_MS;
    case 'day':
      return start + DAY_MS;
    case 'week':
      return start + WEEK_MS;
    case 'month': {
      const date = new Date(start);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
    }
  }
}
