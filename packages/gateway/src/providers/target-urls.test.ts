import { describe, expect, it } from 'vitest';
import type { TargetEntry } from './build-target.ts';
import type { TargetSection } from './define-provider.ts';
import { buildTarget, makeTargetInput } from './target-input.fixture.ts';

function urlsOf(section: TargetSection, name: string | undefined, entry: Partial<TargetEntry>) {
  const isBackend = section === 'backend';
  const usual = isBackend ? { chatPath: '/v1/chat/completions', healthPath: '/health' } : {};
  const { target } = buildTarget(makeTargetInput({ section, name, entry: { ...usual, ...entry } }));
  const at = (path: string | undefined) => (path === undefined ? undefined : target.origin + path);
  return {
    chat: at(target.pathOf('chat', 'm', 'chat/completions')),
    probe: at(target.probe.path),
  };
}

describe('where the chat and health URLs of each section are', () => {
  it.each<[TargetSection, string | undefined, Partial<TargetEntry>, chat: string, probe: string | undefined]>([
    // Backends: URL and path, joined literally.
    [
      'backend',
      undefined,
      { baseUrl: 'https://api.groq.com/openai', healthPath: '/v1/models' },
      'https://api.groq.com/openai/v1/chat/completions',
      'https://api.groq.com/openai/v1/models',
    ],
    [
      'backend',
      undefined,
      { baseUrl: 'https://api.cerebras.ai', healthPath: '/v1/models' },
      'https://api.cerebras.ai/v1/chat/completions',
      'https://api.cerebras.ai/v1/models',
    ],
    [
      'backend',
      undefined,
      { baseUrl: 'https://api.together.xyz/' },
      'https://api.together.xyz/v1/chat/completions',
      'https://api.together.xyz/health',
    ],
    [
      'backend',
      undefined,
      {
        baseUrl: 'https://generativelanguage.googleapis.com',
        chatPath: '/v1beta/openai/chat/completions',
        healthPath: '/v1beta/openai/models',
      },
      'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
      'https://generativelanguage.googleapis.com/v1beta/openai/models',
    ],
    [
      'backend',
      undefined,
      { baseUrl: 'http://127.0.0.1:9001/v1//', healthPath: 'v1/models' },
      'http://127.0.0.1:9001/v1/chat/completions',
      'http://127.0.0.1:9001/v1/models',
    ],
    [
      'backend',
      undefined,
      { baseUrl: 'https://openrouter.ai/api/v1' },
      'https://openrouter.ai/api/v1/chat/completions',
      'https://openrouter.ai/api/v1/health',
    ],
    [
      'backend',
      undefined,
      { baseUrl: 'https://api.groq.com' },
      'https://api.groq.com/openai/v1/chat/completions',
      'https://api.groq.com/health',
    ],
    [
      'backend',
      undefined,
      { baseUrl: 'https://ark.cn-beijing.volces.com/api/v3' },
      'https://ark.cn-beijing.volces.com/api/v3/chat/completions',
      'https://ark.cn-beijing.volces.com/api/v3/health',
    ],
    // Single-model servers: base without a version.
    [
      'vllm',
      undefined,
      { baseUrl: 'http://localhost:8000' },
      'http://localhost:8000/v1/chat/completions',
      'http://localhost:8000/health',
    ],
    [
      'vllm',
      undefined,
      { baseUrl: 'http://localhost:8000/v1/' },
      'http://localhost:8000/v1/chat/completions',
      'http://localhost:8000/health',
    ],
    [
      'vllm',
      undefined,
      { baseUrl: 'http://gpu/behind/proxy' },
      'http://gpu/behind/proxy/v1/chat/completions',
      'http://gpu/behind/proxy/health',
    ],
    // Pools: base with the version.
    [
      'pool',
      'openrouter',
      { baseUrl: 'https://openrouter.ai/api/v1' },
      'https://openrouter.ai/api/v1/chat/completions',
      'https://openrouter.ai/api/v1/key',
    ],
    [
      'pool',
      'deepseek',
      { baseUrl: 'https://api.deepseek.com/v1' },
      'https://api.deepseek.com/v1/chat/completions',
      'https://api.deepseek.com/v1/models',
    ],
    [
      'pool',
      'deepseek',
      { baseUrl: 'https://api.deepseek.com' },
      'https://api.deepseek.com/v1/chat/completions',
      'https://api.deepseek.com/v1/models',
    ],
    [
      'pool',
      'openai',
      { baseUrl: 'http://127.0.0.1:9001/v1' },
      'http://127.0.0.1:9001/v1/chat/completions',
      'http://127.0.0.1:9001/v1/models',
    ],
    [
      'pool',
      'openai',
      { baseUrl: 'http://127.0.0.1:9001' },
      'http://127.0.0.1:9001/chat/completions',
      'http://127.0.0.1:9001/models',
    ],
    [
      'pool',
      'mine',
      { baseUrl: 'http://10.0.0.7/v1/v1/' },
      'http://10.0.0.7/v1/chat/completions',
      'http://10.0.0.7/v1/models',
    ],
    [
      'pool',
      'mine',
      { baseUrl: 'http://10.0.0.7/v1/chat/completions' },
      'http://10.0.0.7/v1/chat/completions',
      'http://10.0.0.7/v1/models',
    ],
    [
      'pool',
      'groq',
      { baseUrl: 'https://api.groq.com/openai/' },
      'https://api.groq.com/openai/v1/chat/completions',
      'https://api.groq.com/openai/v1/models',
    ],
    [
      'pool',
      'anthropic',
      { baseUrl: 'https://api.anthropic.com' },
      'https://api.anthropic.com/v1/chat/completions',
      'https://api.anthropic.com/v1/models',
    ],
    [
      'pool',
      'vllm',
      { baseUrl: 'http://localhost:8000' },
      'http://localhost:8000/v1/chat/completions',
      'http://localhost:8000/health',
    ],
    // Providers whose base has the version: `/v1`, `/api/v3`, `/compatible-mode/v1`.
    [
      'provider',
      'openai',
      { baseUrl: 'https://api.openai.com/v1' },
      'https://api.openai.com/v1/chat/completions',
      'https://api.openai.com/v1/models',
    ],
    [
      'provider',
      'openai',
      { baseUrl: 'https://api.openai.com' },
      'https://api.openai.com/v1/chat/completions',
      'https://api.openai.com/v1/models',
    ],
    ['provider', 'openai', {}, 'https://api.openai.com/v1/chat/completions', 'https://api.openai.com/v1/models'],
    [
      'provider',
      'dashscope',
      {},
      'https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions',
      'https://dashscope.aliyuncs.com/compatible-mode/v1/models',
    ],
    ['provider', 'ark', {}, 'https://ark.cn-beijing.volces.com/api/v3/chat/completions', undefined],
    [
      'provider',
      'gemini',
      { baseUrl: 'https://generativelanguage.googleapis.com/v1beta' },
      'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
      'https://generativelanguage.googleapis.com/v1beta/openai/models',
    ],
    [
      'provider',
      'cohere',
      {},
      'https://api.cohere.ai/compatibility/v1/chat/completions',
      'https://api.cohere.ai/v1/models',
    ],
    ['provider', 'together', {}, 'https://api.together.ai/v1/chat/completions', 'https://api.together.ai/v1/models'],
    ['provider', 'perplexity', {}, 'https://api.perplexity.ai/chat/completions', 'https://api.perplexity.ai/v1/models'],
    ['provider', 'ollama', {}, 'http://localhost:11434/v1/chat/completions', 'http://localhost:11434/v1/models'],
    [
      'provider',
      'ollama',
      { baseUrl: 'http://gpu:11434/' },
      'http://gpu:11434/v1/chat/completions',
      'http://gpu:11434/v1/models',
    ],
    // A provider whose base has none.
    [
      'provider',
      'anthropic',
      { baseUrl: 'https://api.anthropic.com' },
      'https://api.anthropic.com/v1/chat/completions',
      'https://api.anthropic.com/v1/models',
    ],
    [
      'provider',
      'anthropic',
      { baseUrl: 'https://api.anthropic.com/v1/' },
      'https://api.anthropic.com/v1/chat/completions',
      'https://api.anthropic.com/v1/models',
    ],
    [
      'provider',
      'anthropic',
      { baseUrl: 'http://127.0.0.1:9001' },
      'http://127.0.0.1:9001/v1/chat/completions',
      'http://127.0.0.1:9001/v1/models',
    ],
    // A host with a layout of its own follows it whatever the section.
    [
      'pool',
      'azure',
      { baseUrl: 'https://your-resource.openai.azure.com' },
      'https://your-resource.openai.azure.com/openai/v1/chat/completions',
      'https://your-resource.openai.azure.com/openai/v1/models',
    ],
    [
      'provider',
      'azure_openai',
      { baseUrl: 'https://your-resource.openai.azure.com/', apiVersion: '2024-02-01' },
      'https://your-resource.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-02-01',
      'https://your-resource.openai.azure.com/openai/models?api-version=2024-02-01',
    ],
    [
      'backend',
      undefined,
      { baseUrl: 'https://one.services.ai.azure.com' },
      'https://one.services.ai.azure.com/openai/v1/chat/completions',
      'https://one.services.ai.azure.com/openai/v1/models',
    ],
    [
      'provider',
      'openai',
      { baseUrl: 'https://one.cognitiveservices.azure.com/openai/v1' },
      'https://one.cognitiveservices.azure.com/openai/v1/chat/completions',
      'https://one.cognitiveservices.azure.com/openai/v1/models',
    ],
    [
      'provider',
      'azure',
      { baseUrl: 'https://one.openai.azure.com', apiVersion: 'preview' },
      'https://one.openai.azure.com/openai/v1/chat/completions?api-version=preview',
      'https://one.openai.azure.com/openai/v1/models?api-version=preview',
    ],
    [
      'provider',
      'azure',
      { baseUrl: 'http://127.0.0.1:9001', apiVersion: '2024-10-21' },
      'http://127.0.0.1:9001/openai/deployments/m/chat/completions?api-version=2024-10-21',
      'http://127.0.0.1:9001/openai/models?api-version=2024-10-21',
    ],
  ])('%s %s %j', (section, name, entry, chat, probe) => {
    const urls = urlsOf(section, name, entry);
    expect({ chat: urls.chat, probe: urls.probe }).toEqual({ chat, probe });
  });
});
