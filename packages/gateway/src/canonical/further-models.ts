import { asString, isObject, type JsonObject } from './json.ts';

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

/**
 * Models that tools and plug-ins of a request name, and that are asked beside its own: an entry names them itself or in its
 * settings, which may have tools in turn. Such are advisors
 * (https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool) and panels
 * (https://openrouter.ai/docs/guides/features/server-tools/fusion).
 */
export function* toolModelsOf(body: unknown): Generator<string> {
  if (!isObject(body)) return;
  for (const list of [body['tools'], body['plugins']]) {
    if (!Array.isArray(list)) continue;
    for (const entry of list) {
      if (!isObject(entry)) continue;
      yield* namesIn(entry);
      for (const settings of Object.values(entry)) if (isObject(settings)) yield* namesIn(settings);
    }
  }
}

function* namesIn(settings: JsonObject): Generator<string> {
  const { analysis_models: panel, model } = settings;
  for (const name of [model, ...(Array.isArray(panel) ? panel : [])]) if (typeof name === 'string') yield name;
  yield* toolModelsOf(settings);
}

/** What `furtherModelsOf` tells, for looking at each; undefined where there are none, as almost always. */
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
