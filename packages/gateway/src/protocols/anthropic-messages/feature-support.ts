import type { Feature, FeatureSupport } from '../../canonical/features.ts';
import type { ToolNameRule } from '../protocol.ts';

/** What upstreams of this wire are asked natively, by other means, not at all, or cannot be. */
export const support: Readonly<Record<Feature, FeatureSupport>> = {
  temperature: 'native',
  topP: 'native',
  topK: 'native',
  frequencyPenalty: 'dropped',
  presencePenalty: 'dropped',
  stopSequences: 'native',
  seed: 'dropped',
  choices: 'refused',
  topLogprobs: 'refused',
  // Whoever asks for probabilities reads them, and whoever biases tokens relies on it.
  logprobs: 'refused',
  logitBias: 'refused',
  reasoning: 'native',
  outputJson: 'emulated',
  outputSchema: 'native',
  verbosity: 'dropped',
  audioOutput: 'refused',
  imageOutput: 'refused',
  toolChoice: 'native',
  // Only the tools that are allowed are sent.
  allowedTools: 'emulated',
  parallelToolCalls: 'native',
  strictTools: 'native',
  customTools: 'refused',
  imageUrls: 'native',
  imageData: 'native',
  documentUrls: 'native',
  documentData: 'native',
  documentText: 'native',
  audioInput: 'refused',
  audioUrls: 'refused',
  videoInput: 'refused',
  toolResultMedia: 'native',
  cacheControl: 'native',
  citableDocuments: 'native',
  participantNames: 'dropped',
  serviceTier: 'native',
  user: 'native',
  // `metadata` of this wire holds the user's id and nothing else.
  metadata: 'dropped',
  store: 'dropped',
  promptCacheKey: 'dropped',
  prediction: 'dropped',
  safetySettings: 'dropped',
};

/** What clients of this wire call a feature. */
export const fieldNames: Readonly<Partial<Record<Feature, string>>> = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  stopSequences: 'stop_sequences',
  reasoning: 'thinking',
  outputSchema: 'output_config.format',
  toolChoice: 'tool_choice',
  parallelToolCalls: 'tool_choice.disable_parallel_tool_use',
  strictTools: 'tools.strict',
  imageUrls: 'image.source.url',
  imageData: 'image.source.data',
  documentUrls: 'document.source.url',
  documentData: 'document.source.data',
  documentText: 'document.source.data',
  toolResultMedia: 'tool_result.content',
  cacheControl: 'cache_control',
  citableDocuments: 'document.citations',
  serviceTier: 'service_tier',
  user: 'metadata.user_id',
};

/** Anthropic's API reference, `Tool.name`. */
export const toolNames: ToolNameRule = { pattern: /^[a-zA-Z0-9_-]{1,128}$/, longest: 128 };
