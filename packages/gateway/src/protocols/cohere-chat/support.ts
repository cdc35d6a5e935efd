import type { Feature, FeatureSupport } from '../../canonical/features.ts';
import type { ToolNameRule } from '../protocol.ts';

/** What Cohere's chat takes. */
export const support: Readonly<Record<Feature, FeatureSupport>> = {
  temperature: 'native',
  topP: 'native',
  topK: 'native',
  frequencyPenalty: 'native',
  presencePenalty: 'native',
  stopSequences: 'native',
  seed: 'native',
  choices: 'refused',
  // It gives one number for a token, and none for others.
  topLogprobs: 'dropped',
  logprobs: 'native',
  logitBias: 'refused',
  reasoning: 'native',
  outputJson: 'native',
  outputSchema: 'native',
  verbosity: 'dropped',
  audioOutput: 'refused',
  imageOutput: 'refused',
  // One tool, or some, are chosen by offering no others.
  toolChoice: 'emulated',
  allowedTools: 'emulated',
  parallelToolCalls: 'dropped',
  strictTools: 'native',
  customTools: 'refused',
  imageUrls: 'native',
  imageData: 'native',
  // Its documents are text.
  documentUrls: 'refused',
  documentData: 'refused',
  documentText: 'native',
  audioInput: 'refused',
  audioUrls: 'refused',
  videoInput: 'refused',
  // Documents stand in the result, images in a message of the user's after it.
  toolResultMedia: 'emulated',
  cacheControl: 'dropped',
  citableDocuments: 'native',
  participantNames: 'dropped',
  serviceTier: 'dropped',
  user: 'dropped',
  metadata: 'dropped',
  store: 'dropped',
  promptCacheKey: 'dropped',
  prediction: 'dropped',
  safetySettings: 'dropped',
};

/** How Cohere's clients call a feature. */
export const fieldNames: Readonly<Partial<Record<Feature, string>>> = {
  temperature: 'temperature',
  topP: 'p',
  topK: 'k',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  stopSequences: 'stop_sequences',
  seed: 'seed',
  logprobs: 'logprobs',
  reasoning: 'thinking',
  outputJson: 'response_format',
  outputSchema: 'response_format.json_schema',
  toolChoice: 'tool_choice',
  strictTools: 'strict_tools',
  imageUrls: 'messages[].content[].image_url',
  imageData: 'messages[].content[].image_url',
  documentText: 'documents',
  toolResultMedia: 'messages[].content[].document',
  citableDocuments: 'citation_options',
  safetySettings: 'safety_mode',
};

/** Cohere's API reference, `tools.name` of its first edition; the second is silent, and neither tells of a length. */
export const toolNames: ToolNameRule = { pattern: /^[a-zA-Z_][a-zA-Z0-9_]*$/, longest: 64 };
