import type { CatalogueAsk } from '../pricing/model-catalogue.ts';
import type { Capability, ModelFacts, ModelPrices } from '../pricing/model-facts.ts';
import { type BoundedMap, createBoundedMap } from './bounded-map.ts';
import { memberModelOf } from './member-model.ts';
import type { PickFacts } from './pick-facts.ts';
import { neededCapabilities } from './request-needs.ts';
import type { StrategyMember } from './strategies/define-strategy.ts';

/** What is known of the models behind the members of tiers, ready to be asked at every pick. */
export interface MemberPrices {
  /** Nano-dollars that the request would cost there, as far as its tokens are known beforehand; undefined: not known. */
  readonly costOf: (member: StrategyMember, facts: PickFacts) => number | undefined;
  /** False when the model is known to be too small for the request, or not to be able to do what it needs. */
  readonly fits: (member: StrategyMember, facts: PickFacts) => boolean;
}

export interface MemberPricesInput {
  /** The model catalogue of the configuration in force. */
  readonly find: (ask: CatalogueAsk) => ModelFacts | undefined;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
}

/** What is known is looked up again after so long: prices depend on the hour, and a reload may bring others. */
const FRESH_MS = 60_000;
/** Models that are remembered of one member: callers can make up names. */
const MAX_MODELS = 64;
const PER_TOKENS = 1_000_000;

export function createMemberPrices(input: MemberPricesInput): MemberPrices {
  const byMember = new WeakMap<StrategyMember, BoundedMap<KnownModel>>();

  function known(member: StrategyMember, { requestedModel, now }: PickFacts): KnownModel {
    let byModel = byMember.get(member);
    if (byModel === undefined) {
      byModel = createBoundedMap(MAX_MODELS);
      byMember.set(member, byModel);
    }
    const key = requestedModel ?? '';
    const kept = byModel.get(key);
    if (kept !== undefined && now < kept.staleAt) return kept;
    const found = lookUp(member, requestedModel, now + FRESH_MS, input);
    byModel.set(key, found);
    return found;
  }

  return {
    costOf(member, facts) {
      const { prices } = known(member, facts);
      return prices === undefined ? undefined : costBefore(prices, facts);
    },
    fits(member, facts) {
      const { contextWindow, lacks } = known(member, facts);
      // What is asked for first is what costs nothing to know.
      if (lacks !== 0 && (lacks & facts.needs) !== 0) return false;
      return contextWindow === Number.POSITIVE_INFINITY || facts.inputTokens + facts.outputTokens <= contextWindow;
    },
  };
}

interface KnownModel {
  readonly staleAt: number;
  readonly prices: ModelPrices | undefined;
  /** Tokens; infinite where not known. */
  readonly contextWindow: number;
  /** Capabilities that it is known not to have, as bits. */
  readonly lacks: number;
}

function lookUp(
  member: StrategyMember,
  requestedModel: string | undefined,
  staleAt: number,
  { find, wallNow }: MemberPricesInput,
): KnownModel {
  const model = memberModelOf(member, requestedModel);
  const facts = model === undefined ? undefined : find({ provider: member.kind, model, requestedModel, at: wallNow() });
  const { capabilities = {}, contextWindow = Number.POSITIVE_INFINITY, prices } = facts ?? {};
  const lacks = (Object.keys(capabilities) as Capability[]).filter((name) => capabilities[name] === false);
  return { staleAt, prices, contextWindow, lacks: neededCapabilities(lacks) };
}

/** Without the cache and its prices: nobody knows beforehand what a provider will have kept. */
function costBefore(prices: ModelPrices, facts: PickFacts): number | undefined {
  const { inputTokens, outputTokens } = facts;
  let tokens = prices.tokens;
  for (const tier of prices.longContext) if (inputTokens > tier.aboveInputTokens) tokens = tier.tokens;
  const { input, output } = tokens;
  const searches = prices.perSearchUnit === undefined ? 0 : facts.searchUnits * prices.perSearchUnit;
  if (searches > 0) return (inputTokens * (input ?? 0)) / PER_TOKENS + (prices.perRequest ?? 0) + searches;
  if (input === undefined || (output === undefined && outputTokens > 0)) return undefined;
  return (inputTokens * input + outputTokens * (output ?? 0)) / PER_TOKENS + (prices.perRequest ?? 0);
}
