const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a span of time such as `90s`, `15m`, `1h` or `7d`; undefined for anything else. */
export function readWindow(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,6})([smhd])$/.exec(text.trim()) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  const ms = Number(digits) * unitMs[unit]!;
  return ms > 0 ? ms : undefined;
}
