import { asString, isObject } from './json.ts';

/** More than any upstream takes. */
const MOST_MODELS = 16;

/**
 * Models that a request names beside its own, any of which may answer it: `models`
 * (https://openrouter.ai/docs/guides/routing/model-fallbacks) and, on Anthropic's wire, `fallbacks`. Undefined where an entry
 * names none.
 */
export function* furtherModelsOf(body: unknown): Generator<string | undefined> {
  if (!isObject(body)) return;
  for (const list of [body['models'], body['fallbacks']]) {
    if (!Array.isArray(list)) continue;
    for (const entry of list) yield asString(isObject(entry) ? entry['model'] : entry);
  }
}

/** The same for looking at each; undefined where there are none, as almost always. */
export function readFurtherModels(body: { readonly [name: string]: unknown }): readonly string[] | undefined {
  if (body['models'] === undefined && body['fallbacks'] === undefined) return undefined;
  const names = new Set<string>();
  for (const name of furtherModelsOf(body)) if (name !== undefined && names.size < MOST_MODELS) names.add(name);
  return names.size === 0 ? undefined : [...names];
}

/** Which of the models that were named has answered; all where the answer does not tell. */
export function answeringModels(named: readonly string[], told: string | undefined): readonly string[] {
  // Answers have the name with a date behind it.
  const matching = named.filter((name) => told?.startsWith(name));
  if (matching.length === 0) return named;
  return [matching.reduce((longest, name) => (name.length > longest.length ? name : longest))];
}
