import type { GatewayConfig } from '../config/gateway-config.ts';
import type { ConfiguredTargets } from './configured-targets.ts';
import type { Target } from './target.ts';

/** A model that callers can name, and who serves it. */
export interface ListedModel {
  readonly id: string;
  readonly providers: readonly { readonly name: string; readonly targetId: string }[];
}

/** Every model name that a configuration spells out, in its order: pools, single-model servers, declared and default ones. */
export function listModels(
  config: GatewayConfig,
  configured: ConfiguredTargets,
  demo: Target | undefined,
): readonly ListedModel[] {
  const byId = new Map<string, Map<string, string>>();
  const add = (id: string, target: Target) => {
    const serving = byId.get(id) ?? new Map<string, string>();
    serving.set(target.id, target.provider);
    byId.set(id, serving);
  };
  for (const [index, { key, modelName }] of config.models.entries()) {
    for (const { target } of configured.pools[index]!) {
      add(key, target);
      add(modelName, target);
    }
  }
  for (const [index, { model }] of config.vllmBackends.entries()) {
    for (const { target } of configured.vllm[index]!) add(model, target);
  }
  for (const { target } of [...configured.providers, ...configured.backends]) {
    for (const model of target.models?.keys() ?? []) add(model, target);
    if (target.defaultModel !== undefined) add(target.defaultModel, target);
  }
  for (const model of demo?.models?.keys() ?? []) add(model, demo!);
  return [...byId].map(([id, serving]) => ({
    id,
    providers: [...serving].map(([targetId, name]) => ({ name, targetId })),
  }));
}
