// Written by `npm run generate` from the files of this folder; edit those instead.
import anthropic from './anthropic.ts';
import anthropicCompatible from './anthropic-compatible.ts';
import ark from './ark.ts';
import azureOpenai from './azure-openai.ts';
import bedrock from './bedrock.ts';
import cerebras from './cerebras.ts';
import cohere from './cohere.ts';
import dashscope from './dashscope.ts';
import databricks from './databricks.ts';
import deepseek from './deepseek.ts';
import type { ProviderDefinition } from './define-provider.ts';
import fireworks from './fireworks.ts';
import gemini from './gemini.ts';
import githubModels from './github-models.ts';
import groq from './groq.ts';
import huggingface from './huggingface.ts';
import llamacpp from './llamacpp.ts';
import lmstudio from './lmstudio.ts';
import minimax from './minimax.ts';
import mistral from './mistral.ts';
import moonshot from './moonshot.ts';
import nvidia from './nvidia.ts';
import ollama from './ollama.ts';
import openai from './openai.ts';
import openaiCompatible from './openai-compatible.ts';
import openrouter from './openrouter.ts';
import perplexity from './perplexity.ts';
import sambanova from './sambanova.ts';
import sglang from './sglang.ts';
import together from './together.ts';
import vertex from './vertex.ts';
import vllm from './vllm.ts';
import xai from './xai.ts';
import zai from './zai.ts';

/** Every provider that the gateway knows, by name. */
export const providerDefinitions: readonly ProviderDefinition[] = [
  anthropic,
  anthropicCompatible,
  ark,
  azureOpenai,
  bedrock,
  cerebras,
  cohere,
  dashscope,
  databricks,
  deepseek,
  fireworks,
  gemini,
  githubModels,
  groq,
  huggingface,
  llamacpp,
  lmstudio,
  minimax,
  mistral,
  moonshot,
  nvidia,
  ollama,
  openai,
  openaiCompatible,
  openrouter,
  perplexity,
  sambanova,
  sglang,
  together,
  vertex,
  vllm,
  xai,
  zai,
];
