// Written by `npm run generate` from the files of this folder; edit those instead.
import anthropic from './anthropic.ts';
import ark from './ark.ts';
import azureOpenai from './azure-openai.ts';
import cerebras from './cerebras.ts';
import cohere from './cohere.ts';
import dashscope from './dashscope.ts';
import deepseek from './deepseek.ts';
import type { ProviderDefinition } from './define-provider.ts';
import fireworks from './fireworks.ts';
import gemini from './gemini.ts';
import groq from './groq.ts';
import mistral from './mistral.ts';
import nvidia from './nvidia.ts';
import ollama from './ollama.ts';
import openai from './openai.ts';
import openaiCompatible from './openai-compatible.ts';
import openrouter from './openrouter.ts';
import perplexity from './perplexity.ts';
import together from './together.ts';
import vllm from './vllm.ts';
import xai from './xai.ts';

/** Every provider that the gateway knows, by name. */
export const providerDefinitions: readonly ProviderDefinition[] = [
  anthropic,
  ark,
  azureOpenai,
  cerebras,
  cohere,
  dashscope,
  deepseek,
  fireworks,
  gemini,
  groq,
  mistral,
  nvidia,
  ollama,
  openai,
  openaiCompatible,
  openrouter,
  perplexity,
  together,
  vllm,
  xai,
];
