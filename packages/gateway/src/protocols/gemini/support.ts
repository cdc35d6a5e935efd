import type { Feature, FeatureSupport } from '../../canonical/features.ts';
import type { ToolNameRule } from '../protocol.ts';

/** What upstreams of this wire can be asked for. */
export const support: Readonly<Record<Feature, FeatureSupport>> = {
  temperature: 'native',
  topP: 'native',
  topK: 'native',
  frequencyPenalty: 'native',
  presencePenalty: 'native',
  stopSequences: 'native',
  seed: 'native',
  choices: 'native',
  topLogprobs: 'native',
  logprobs: 'native',
  // It bans or forces words; there is nothing here that comes near.
  logitBias: 'refused',
  reasoning: 'native',
  outputJson: 'native',
  outputSchema: 'native',
  verbosity: 'dropped',
  audioOutput: 'native',
  imageOutput: 'native',
  toolChoice: 'native',
  // With AUTO the names need the mode VALIDATED.
  allowedTools: 'native',
  parallelToolCalls: 'dropped',
  strictTools: 'dropped',
  customTools: 'refused',
  // Models take bytes, or what lies with Google.
  imageUrls: 'emulated',
  imageData: 'native',
  documentUrls: 'emulated',
  documentData: 'native',
  documentText: 'emulated',
  audioInput: 'native',
  audioUrls: 'emulated',
  videoInput: 'native',
  toolResultMedia: 'native',
  // Google's models cache by themselves.
  cacheControl: 'dropped',
  citableDocuments: 'dropped',
  participantNames: 'dropped',
  serviceTier: 'native',
  user: 'dropped',
  // Only Vertex AI has labels; the Gemini API refuses them.
  metadata: 'dropped',
  store: 'dropped',
  promptCacheKey: 'dropped',
  prediction: 'dropped',
  safetySettings: 'native',
};

/** How callers of this wire call what they can ask for. */
export const fieldNames: Readonly<Partial<Record<Feature, string>>> = {
  temperature: 'generationConfig.temperature',
  topP: 'generationConfig.topP',
  topK: 'generationConfig.topK',
  frequencyPenalty: 'generationConfig.frequencyPenalty',
  presencePenalty: 'generationConfig.presencePenalty',
  stopSequences: 'generationConfig.stopSequences',
  seed: 'generationConfig.seed',
  choices: 'generationConfig.candidateCount',
  topLogprobs: 'generationConfig.logprobs',
  logprobs: 'generationConfig.responseLogprobs',
  reasoning: 'generationConfig.thinkingConfig',
  outputJson: 'generationConfig.responseMimeType',
  outputSchema: 'generationConfig.responseJsonSchema',
  audioOutput: 'generationConfig.speechConfig',
  imageOutput: 'generationConfig.responseModalities',
  toolChoice: 'toolConfig.functionCallingConfig',
  allowedTools: 'toolConfig.functionCallingConfig.allowedFunctionNames',
  imageUrls: 'contents.parts.fileData',
  imageData: 'contents.parts.inlineData',
  documentUrls: 'contents.parts.fileData',
  documentData: 'contents.parts.inlineData',
  audioInput: 'contents.parts.inlineData',
  audioUrls: 'contents.parts.fileData',
  videoInput: 'contents.parts.inlineData',
  toolResultMedia: 'contents.parts.functionResponse.parts',
  serviceTier: 'serviceTier',
  metadata: 'labels',
  store: 'store',
  safetySettings: 'safetySettings',
};

/**
 * `FunctionDeclaration.name` in Google's protocol buffers; that a letter or an underscore comes first its API tells who
 * begins with another (google-gemini/gemini-cli, issue 9535).
 */
export const toolNames: ToolNameRule = { pattern: /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/, longest: 64 };
