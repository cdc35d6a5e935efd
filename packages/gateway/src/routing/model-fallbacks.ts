import { GatewayError } from '../canonical/gateway-error.ts';
import type { FallbackModels } from '../config/gateway-config.ts';
import type { Resolution, RoutingFacts } from './target.ts';

/** Why another model is looked for. */
export type FallbackKind = keyof FallbackModels;

/** Where requests go on whose model failed for good. */
export interface ModelFallbacks {
  /** Whether any model is followed by another. */
  readonly hasAny: boolean;
  /**
   * The models that follow, in order, as the resolver finds them for the same request. A kind of failure without models
   * of its own is followed by those of `any`. Each of them may have fallbacks in turn: who follows them visits each
   * route once.
   */
  readonly of: (resolution: Resolution, kind: FallbackKind, facts: RoutingFacts) => readonly Resolution[];
  /** Sentences for the operator, of names that lead nowhere. */
  readonly notices: readonly string[];
}

type Resolve = (facts: RoutingFacts) => Resolution | GatewayError;

/** Compiles `routing.fallbacks`. */
export function compileModelFallbacks(
  configured: ReadonlyMap<string, FallbackModels> | undefined,
  resolve: Resolve,
): ModelFallbacks {
  if (configured === undefined || configured.size === 0) return { hasAny: false, of: () => none, notices: [] };

  const followersOf = ({ requestedModel, route }: Resolution, kind: FallbackKind): readonly string[] => {
    const entry =
      (requestedModel === undefined ? undefined : configured.get(requestedModel)) ??
      configured.get(route.label) ??
      configured.get('*');
    if (entry === undefined) return [];
    return entry[kind].length > 0 ? entry[kind] : entry.any;
  };

  return {
    hasAny: true,
    of(resolution, kind, facts) {
      const found: Resolution[] = [];
      for (const model of followersOf(resolution, kind)) {
        const next = resolve({ ...facts, pathModel: undefined, bodyModel: model });
        if (next instanceof GatewayError || isSame(next, resolution)) continue;
        if (!found.some((other) => isSame(other, next))) found.push(next);
      }
      return found;
    },
    notices: noticesOf(configured, resolve),
  };
}

const none: readonly Resolution[] = [];

/** The same route may be another model's: many names can lead to whoever takes any. */
function isSame(one: Resolution, other: Resolution): boolean {
  return one.route === other.route && one.requestedModel === other.requestedModel;
}

function noticesOf(configured: ReadonlyMap<string, FallbackModels>, resolve: Resolve): readonly string[] {
  const notices: string[] = [];
  for (const [model, { contextExceeded, contentRefused, any }] of configured) {
    for (const name of new Set([...contextExceeded, ...contentRefused, ...any])) {
      if (!(resolve({ ...anyRequest, bodyModel: name }) instanceof GatewayError)) continue;
      notices.push(`the fallback '${name}' of '${model}' is no model of this gateway: it is passed over`);
    }
  }
  return notices;
}

/** A request of which nothing is known but its model. */
export const anyRequest: RoutingFacts = {
  pathModel: undefined,
  bodyModel: undefined,
  operation: 'chat',
  stream: false,
  tenant: undefined,
  keyName: 'anonymous',
  region: undefined,
  header: () => undefined,
};
