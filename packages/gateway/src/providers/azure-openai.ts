import type { Layout, LayoutInput, ProviderDefinition } from './define-provider.ts';
import { defineProvider } from './define-provider.ts';
import { cleanPath, defaultChatPath, isPlainTail, openaiLayout, tailOf } from './openai-layout.ts';

/**
 * The path below the resource is `/openai/v1/…` (no version to name), or, when a dated `api_version` is configured,
 * `/openai/deployments/{model}/…?api-version=…`. The key has a header of its own, and a deployment's name is the model.
 */
export default defineProvider({
  name: 'azure-openai',
  aliases: ['azure', 'azure-ai', 'azure-foundry'],
  environment: { apiKey: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'], baseUrl: ['AZURE_OPENAI_ENDPOINT'] },
  baseUrl: undefined,
  hosts: ['openai.azure.com', 'services.ai.azure.com', 'cognitiveservices.azure.com'],
  version: '/openai/v1',
  join: 'bare',
  credential: { header: 'api-key' },
  needsKey: true,
  probePath: 'models',
  acceptsStreamOptions: true,
  serves: ['gpt-*', 'o1*', 'o3*', 'o4*', 'text-embedding-*', 'dall-e-*', 'whisper*', 'tts*'],
  layout: azureLayout,
});

/** Operations that are no deployment's: they stay below `/openai`. */
const undeployed = new Set(['responses', 'proxy']);

function azureLayout(input: LayoutInput, definition: ProviderDefinition): Layout {
  const { chatPath, healthPath } = input;
  const ownHealthPath = input.section === 'backend' && healthPath !== '/health' ? healthPath : undefined;
  const query = new URLSearchParams(input.url.search);
  const version = input.apiVersion ?? query.get('api-version') ?? undefined;
  const prefix = resourcePrefix(cleanPath(input.url.pathname));
  // A backend whose operator spelled out the chat path gets just that.
  const isLiteral = input.section === 'backend' && chatPath !== undefined && chatPath !== defaultChatPath;
  const layout = isLiteral
    ? openaiLayout(definition, input)
    : version !== undefined && /^\d{4}-\d{2}-\d{2}/.test(version)
      ? datedLayout(prefix, version)
      : currentLayout(prefix, version);
  return ownHealthPath === undefined || isLiteral ? layout : { ...layout, probePath: prefix + ownHealthPath };
}

/** What precedes `/openai` in a base: nothing on a resource's own host, a path behind an API manager. */
function resourcePrefix(path: string): string {
  return path.replace(/\/openai(?:\/.*)?$/, '').replace(/\/models$/, '');
}

function currentLayout(prefix: string, version: string | undefined): Layout {
  const directory = `${prefix}/openai/v1`;
  const query = version === undefined || version === 'v1' ? '' : `api-version=${encodeURIComponent(version)}`;
  const suffix = query === '' ? '' : `?${query}`;
  const chat = `${directory}/chat/completions${suffix}`;
  return {
    pathOf(operation, _upstreamModel, tail) {
      if (operation === 'chat') return chat;
      if (operation === 'proxy') return isPlainTail(tail) ? `${directory}/${tail}` : undefined;
      return `${directory}/${tailOf(operation, tail)}${suffix}`;
    },
    proxyBase: directory,
    proxyQuery: query,
    probePath: `${directory}/models${suffix}`,
  };
}

function datedLayout(prefix: string, version: string): Layout {
  const directory = `${prefix}/openai`;
  const query = `api-version=${encodeURIComponent(version)}`;
  return {
    pathOf(operation, upstreamModel, tail) {
      if (operation === 'proxy' && !isPlainTail(tail)) return undefined;
      if (operation === 'moderation' || operation === 'rerank') return undefined;
      const path = operation === 'proxy' ? tail : `${tailOf(operation, tail)}?${query}`;
      if (upstreamModel === undefined || operation === 'responses') {
        return undeployed.has(operation) ? `${directory}/${path}` : undefined;
      }
      // A model called `..` would climb out of the deployments.
      if (/^\.{1,2}$/.test(upstreamModel)) return undefined;
      return `${directory}/deployments/${encodeURIComponent(upstreamModel)}/${path}`;
    },
    proxyBase: directory,
    proxyQuery: query,
    probePath: `${directory}/models?${query}`,
  };
}
