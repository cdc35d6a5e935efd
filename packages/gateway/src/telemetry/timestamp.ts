import type { Clock } from '../canonical/clock.ts';

/** Makes the ISO timestamps of log lines, as `2025-01-31T23:59:59.007Z`. The part up to the second is kept for its second. */
export function createTimestamp(clock: Pick<Clock, 'wallNow'>): () => string {
  let second = Number.NaN;
  let prefix = '';
  return function timestamp() {
    const now = Math.floor(clock.wallNow());
    const currentSecond = Math.floor(now / 1000);
    if (currentSecond !== second) {
      second = currentSecond;
      prefix = new Date(currentSecond * 1000).toISOString().slice(0, 20);
    }
    const milliseconds = now - currentSecond * 1000;
    const padding = milliseconds < 10 ? '00' : milliseconds < 100 ? '0' : '';
    return `${prefix}${padding}${milliseconds}Z`;
  };
}
