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
  chat: [
    { protocol: 'openai-chat', only: (model) => !isClaude(model) },
    { protocol: 'openai-responses', only: (model) => !isClaude(model) },
    { protocol: 'anthropic-messages', path: () => '/anthropic/v1/messages', only: isClaude },
  ],
  acceptsStreamOptions: true,
  serves: ['gpt-*', 'o1*', 'o3*', 'o4*', 'text-embedding-*', 'dall-e-*', 'whisper*', 'tts*'],
  layout: azureLayout,
  authorize: ({ apiKey }) => ({
    credentialHeaders: ['api-key', apiKey],
    nativeHeaders: ['x-api-key', apiKey, 'anthropic-version', '2023-06-01'],
  }),
  identity({ environment, sources }) {
    const [tenantId, clientId, clientSecret] = entraVariables.map((name) => environment[name] || undefined);
    if (tenantId === undefined || clientId === undefined || clientSecret === undefined) return undefined;
    return { credentialHeaders: [], sign: sources.entra({ tenantId, clientId, clientSecret }) };
  },
});

/** An application registered with Entra, under the names of Azure's own libraries. */
const entraVariables = ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET'] as const;

/** Anthropic's models are deployed beside OpenAI's, and are asked in their own wire. */
function isClaude(model: string | undefined): boolean {
  return model?.startsWith('claude') === true;
}

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
      if (operation === 'count_tokens') return undefined;
      return `${directory}/${tailOf(operation, tail)}${suffix}`;
    },
    proxyBase: directory,
    proxyQuery: query,
    probePath: `${directory}/models${suffix}`,
    root: prefix,
  };
}

function datedLayout(prefix: string, version: string): Layout {
  const directory = `${prefix}/openai`;
  const query = `api-version=${encodeURIComponent(version)}`;
  return {
    pathOf(operation, upstreamModel, tail) {
      if (operation === 'proxy' && !isPlainTail(tail)) return undefined;
      if (operation === 'moderation' || operation === 'rerank' || operation === 'count_tokens') return undefined;
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
    root: prefix,
  };
}
