import type { GatewayConfig } from '../config/gateway-config.ts';
import type { ConfiguredTargets } from './configured-targets.ts';
import type { Target } from './target.ts';

/** Who serves a model, and what it is called there. */
export interface ServingTarget {
  readonly name: string;
  readonly targetId: string;
  readonly upstreamModel: string;
}

/** A model that callers can name, and who serves it. */
export interface ListedModel {
  readonly id: string;
  readonly providers: readonly ServingTarget[];
}

/** Every model name that a configuration spells out, in its order: the record's, pools, single-model servers, declared and default ones. */
export function listModels(
  config: GatewayConfig,
  configured: ConfiguredTargets,
  demo: Target | undefined,
): readonly ListedModel[] {
  const byId = new Map<string, Map<string, ServingTarget>>();
  const mapped = new Set<string>();
  const add = (id: string, target: Target, upstreamModel: string) => {
    // Who else names a model of the record is not asked for it.
    if (mapped.has(id)) return;
    const serving = byId.get(id) ?? new Map<string, ServingTarget>();
    serving.set(target.id, { name: target.provider, targetId: target.id, upstreamModel });
    byId.set(id, serving);
  };
  for (const { name, provider, upstreamModel } of config.stored?.models ?? []) {
    add(name, configured.stored[provider]!.target, upstreamModel);
    mapped.add(name);
  }
  for (const [index, { key, modelName, providers }] of config.models.entries()) {
    for (const [position, { target }] of configured.pools[index]!.entries()) {
      const upstreamModel = providers[position]?.model ?? modelName;
      add(key, target, upstreamModel);
      add(modelName, target, upstreamModel);
    }
  }
  for (const [index, { model }] of config.vllmBackends.entries()) {
    for (const { target } of configured.vllm[index]!) add(model, target, model);
  }
  for (const { target } of [...configured.providers, ...configured.backends]) {
    for (const [model, upstreamModel] of target.models ?? []) add(model, target, upstreamModel);
    if (target.defaultModel !== undefined) add(target.defaultModel, target, target.defaultModel);
  }
  for (const [model, upstreamModel] of demo?.models ?? []) add(model, demo!, upstreamModel);
  return [...byId].map(([id, serving]) => ({ id, providers: [...serving.values()] }));
}
