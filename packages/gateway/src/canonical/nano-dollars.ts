const PER_DOLLAR = 1_000_000_000;

/** Dollars as whole nano-dollars, to the nearest: sums of money are exact. */
export function nanoDollars(dollars: number): number {
  return Math.round(dollars * PER_DOLLAR);
}

/** Nano-dollars as dollars in decimal, exactly: `0.075`. */
export function formatDollars(nano: number): string {
  const rest = nano % PER_DOLLAR;
  const dollars = (nano - rest) / PER_DOLLAR;
  return rest === 0 ? `${dollars}` : `${dollars}.${String(rest).padStart(9, '0').replace(/0+$/, '')}`;
}
