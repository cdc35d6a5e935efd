import { nanoDollars } from '../canonical/nano-dollars.ts';
import type { TierPrices, TokenPrices } from './model-facts.ts';

/**
 * What tiers of service cost, as far as their providers publish it; the price library knows the usual tier only. Above
 * each row is the page that it was read from. What no page gives in numbers is left out, and is not known: the tiers of
 * Bedrock and of Vertex AI, capacity that was bought beforehand (Anthropic's `priority`, OpenAI's `scale`, Groq's
 * `performance`), and cache writes, pictures and sound where a page has no price of theirs.
 */
type Row = readonly [
  provider: string,
  tier: string,
  /** Without date, with `-` for `.`; `*` for every model. */
  models: string,
  prices: TierPrices,
];

/** A multiple of the usual prices of all tokens, steps of long inputs included. */
function times(factor: number): TierPrices {
  return { kind: 'share', millionths: Math.round(factor * 1_000_000), source: 'overlay' };
}

/** Dollars for a million tokens; nothing is said of long inputs, which the page leaves out. */
function dollars(input: number, cachedInput: number, output: number): TierPrices {
  const tokens: TokenPrices = {
    input: nanoDollars(input),
    cachedInput: nanoDollars(cachedInput),
    output: nanoDollars(output),
  };
  return { kind: 'own', prices: { tokens, longContext: [] }, source: 'overlay' };
}

const rows: readonly Row[] = [
  // "All usage is charged at 50% of the standard API prices", cache reads and writes included:
  // https://platform.claude.com/docs/en/build-with-claude/batch-processing
  ['anthropic', 'batch', '*', times(0.5)],
  // "a 1.1x multiplier on all token pricing categories", of the models that can be asked for a region; it stacks with others:
  // https://platform.claude.com/docs/en/about-claude/pricing
  ['anthropic', 'us', '*', times(1.1)],
  ['anthropic', 'batch-us', '*', times(0.55)],
  // Multiples of the usual prices, those of the cache included, whatever the length of the input; not in batches.
  // The same page, and https://platform.claude.com/docs/en/build-with-claude/fast-mode
  ['anthropic', 'fast-mode', 'claude-opus-5 claude-opus-4-8', times(2)],
  ['anthropic', 'fast-mode-us', 'claude-opus-5 claude-opus-4-8', times(2.2)],
  // Priced at the rates of the Batch API, with the discounts of the prompt cache:
  // https://developers.openai.com/api/docs/guides/flex-processing
  // Those are half the usual ones, of all classes and of long inputs: https://developers.openai.com/api/docs/pricing
  ['openai', 'flex', '*', times(0.5)],
  // https://developers.openai.com/api/docs/pricing, long inputs and cache writes included
  ['openai', 'priority', 'gpt-5-6-sol gpt-5-6-terra gpt-5-6-luna', times(2)],
  // https://openai.com/api-priority-processing, since renamed https://openai.com/api-fast-mode; where all three prices
  // are the same multiple of the usual ones, that stands here
  ['openai', 'priority', 'gpt-5-4-mini gpt-5-2 gpt-5-1 gpt-5 gpt-5-1-codex gpt-5-codex gpt-4-1-nano', times(2)],
  ['openai', 'priority', 'gpt-5-mini', times(1.8)],
  ['openai', 'priority', 'gpt-4-1 gpt-4-1-mini o3 gpt-4o-2024-05-13', times(1.75)],
  ['openai', 'priority', 'gpt-4o', times(1.7)],
  // The same page, without long inputs
  ['openai', 'priority', 'gpt-5-5', dollars(12.5, 1.25, 75)],
  ['openai', 'priority', 'gpt-5-4', dollars(5, 0.5, 30)],
  // The same page
  ['openai', 'priority', 'gpt-4o-mini', dollars(0.25, 0.125, 1)],
  ['openai', 'priority', 'o4-mini', dollars(2, 0.5, 8)],
  // "50% of standard (billed per token)": https://ai.google.dev/gemini-api/docs/optimization
  ['gemini', 'flex', '*', times(0.5)],
  // https://ai.google.dev/gemini-api/docs/pricing, by way of https://github.com/pydantic/genai-prices; of other models
  // the optimization page says "75% to 100% more", which is no price
  ['gemini', 'priority', 'gemini-3-7-flash gemini-3-8-flash', times(1.8)],
  // "Pricing matches the on-demand tier": https://console.groq.com/docs/flex-processing
  ['groq', 'flex', '*', times(1)],
];

/** Tiers by provider, then by model; `*` stands for models that have no row of their own. */
export const tierOverlay: ReadonlyMap<string, ReadonlyMap<string, Readonly<Record<string, TierPrices>>>> = collect();

function collect(): Map<string, Map<string, Record<string, TierPrices>>> {
  const table = new Map<string, Map<string, Record<string, TierPrices>>>();
  for (const [provider, tier, models, prices] of rows) {
    const known = table.get(provider) ?? new Map<string, Record<string, TierPrices>>();
    table.set(provider, known);
    for (const model of models.split(' ')) known.set(model, { ...known.get(model), [tier]: prices });
  }
  return table;
}
