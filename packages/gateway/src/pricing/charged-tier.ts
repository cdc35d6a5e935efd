/**
 * Names of what is charged at the usual prices: OpenAI's, Anthropic's and Google's, Groq's. `auto` leaves the choice to
 * the provider, and says nothing of what it chose.
 */
const usual: ReadonlySet<string> = new Set(['default', 'standard', 'standard_only', 'on_demand', 'auto', '']);
/** A name for a tier that answers call otherwise; https://developers.openai.com/api/docs/guides/fast-mode */
const otherNames: Readonly<Record<string, string>> = { fast: 'priority' };
/** Longest name that is told; what is longer is no tier of anybody. */
const LONGEST = 64;

/**
 * The tier of service that is charged: that which the answer says served it; where it does not say, that which was asked
 * for. A rate beside it stands behind it: `batch-us`, `us`. Undefined: the usual one.
 */
export function chargedTier(served: string | undefined, asked: string | undefined, rate?: string): string | undefined {
  const tier = nameOf(served ?? asked);
  if (rate === undefined) return tier;
  return tier === undefined ? rate : `${tier}-${rate}`;
}

function nameOf(tier: string | undefined): string | undefined {
  if (tier === undefined || usual.has(tier)) return undefined;
  const name = tier.toLowerCase().slice(0, LONGEST);
  return usual.has(name) ? undefined : (otherNames[name] ?? name);
}
