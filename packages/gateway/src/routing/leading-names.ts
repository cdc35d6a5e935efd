import { modelNamesOf } from './model-names.ts';
import type { ConfiguredProvider } from './provider-routes.ts';
import type { Resolution } from './target.ts';

export interface LeadingNamesInput {
  /** Names that the configuration spells out. */
  readonly exact: ReadonlyMap<string, Resolution>;
  readonly providers: readonly ConfiguredProvider[];
}

/**
 * Names by which callers come to a model, itself among them: those that are spelled out, and `provider/model` with the
 * provider's name as it is written.
 */
export function createLeadingNames({ exact, providers }: LeadingNamesInput): (model: string) => readonly string[] {
  let byModel: ReadonlyMap<string, readonly string[]> | undefined;
  return (model) => {
    byModel ??= namesByModel(exact);
    return [...new Set([model, ...(byModel.get(model) ?? []), ...providers.flatMap((one) => prefixed(one, model))])];
  };
}

function namesByModel(exact: LeadingNamesInput['exact']): ReadonlyMap<string, readonly string[]> {
  const byModel = new Map<string, string[]>();
  for (const [name, resolution] of exact) {
    for (const model of modelNamesOf(resolution)) {
      const names = byModel.get(model);
      if (names === undefined) byModel.set(model, [name]);
      else names.push(name);
    }
  }
  return byModel;
}

/** A provider has a model under its name there and under those that it declares for it. */
function prefixed({ name, target }: ConfiguredProvider, model: string): readonly string[] {
  const declared = [...(target.models ?? [])].filter(([, upstream]) => upstream === model).map(([own]) => own);
  return [model, ...declared].map((own) => `${name}/${own}`);
}
