import type { Feature, FeatureSupport } from '../../canonical/features.ts';
import type { ToolNameRule } from '../protocol.ts';

/** What the Responses API has words for. */
export const support: Readonly<Record<Feature, FeatureSupport>> = {
  temperature: 'native',
  topP: 'native',
  // Hints to sampling that the API does not know: the answer is as good without.
  topK: 'dropped',
  frequencyPenalty: 'dropped',
  presencePenalty: 'dropped',
  seed: 'dropped',
  // The answer would run on where the caller wants it to end.
  stopSequences: 'refused',
  choices: 'refused',
  topLogprobs: 'native',
  logprobs: 'native',
  logitBias: 'refused',
  reasoning: 'native',
  outputJson: 'native',
  outputSchema: 'native',
  verbosity: 'native',
  audioOutput: 'refused',
  imageOutput: 'refused',
  toolChoice: 'native',
  allowedTools: 'native',
  parallelToolCalls: 'native',
  strictTools: 'native',
  customTools: 'native',
  imageUrls: 'native',
  imageData: 'native',
  documentUrls: 'native',
  documentData: 'native',
  // As text of the message, under its name.
  documentText: 'emulated',
  audioInput: 'refused',
  audioUrls: 'refused',
  videoInput: 'refused',
  toolResultMedia: 'native',
  // The cache works unasked.
  cacheControl: 'dropped',
  citableDocuments: 'dropped',
  participantNames: 'dropped',
  serviceTier: 'native',
  user: 'native',
  metadata: 'native',
  store: 'native',
  promptCacheKey: 'native',
  // It makes answers faster, not other.
  prediction: 'dropped',
  safetySettings: 'dropped',
};

/** What its reference says of functions on the chat wire; on this one it is silent. */
export const toolNames: ToolNameRule = { pattern: /^[a-zA-Z0-9_-]{1,64}$/, longest: 64 };
