import type { Feature, FeatureSupport } from '../../canonical/features.ts';
import type { ToolNameRule } from '../protocol.ts';

/** What upstreams of this wire can be asked. Some of it holds for some models only; those differences are not told here. */
export const support: Readonly<Record<Feature, FeatureSupport>> = {
  temperature: 'native',
  topP: 'native',
  // Through `additionalModelRequestFields`, in the words of each vendor.
  topK: 'emulated',
  frequencyPenalty: 'dropped',
  presencePenalty: 'dropped',
  stopSequences: 'native',
  seed: 'dropped',
  choices: 'refused',
  topLogprobs: 'refused',
  logprobs: 'refused',
  logitBias: 'refused',
  reasoning: 'emulated',
  // In words: the wire has no such mode.
  outputJson: 'emulated',
  outputSchema: 'native',
  verbosity: 'dropped',
  audioOutput: 'refused',
  imageOutput: 'refused',
  // `none` is said by other means.
  toolChoice: 'emulated',
  allowedTools: 'emulated',
  parallelToolCalls: 'dropped',
  strictTools: 'native',
  customTools: 'refused',
  imageUrls: 'emulated',
  imageData: 'native',
  documentUrls: 'emulated',
  documentData: 'native',
  documentText: 'native',
  audioInput: 'native',
  audioUrls: 'emulated',
  videoInput: 'native',
  toolResultMedia: 'native',
  cacheControl: 'native',
  citableDocuments: 'native',
  participantNames: 'dropped',
  serviceTier: 'native',
  user: 'dropped',
  metadata: 'native',
  store: 'dropped',
  promptCacheKey: 'dropped',
  prediction: 'dropped',
  safetySettings: 'dropped',
};

/** How clients of this wire call a feature. */
export const fieldNames: Readonly<Partial<Record<Feature, string>>> = {
  temperature: 'inferenceConfig.temperature',
  topP: 'inferenceConfig.topP',
  topK: 'additionalModelRequestFields.top_k',
  stopSequences: 'inferenceConfig.stopSequences',
  reasoning: 'additionalModelRequestFields.thinking',
  outputSchema: 'outputConfig.textFormat',
  toolChoice: 'toolConfig.toolChoice',
  strictTools: 'toolConfig.tools.toolSpec.strict',
  imageData: 'messages.content.image',
  documentData: 'messages.content.document',
  documentText: 'messages.content.document.source.text',
  audioInput: 'messages.content.audio',
  videoInput: 'messages.content.video',
  toolResultMedia: 'messages.content.toolResult.content',
  cacheControl: 'cachePoint',
  citableDocuments: 'messages.content.document.citations',
  serviceTier: 'serviceTier',
  metadata: 'requestMetadata',
};

/** `ToolName` in AWS's description of the API. */
export const toolNames: ToolNameRule = { pattern: /^[a-zA-Z0-9_-]{1,64}$/, longest: 64 };
