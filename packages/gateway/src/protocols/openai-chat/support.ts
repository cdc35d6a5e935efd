import type { Feature, FeatureSupport } from '../../canonical/features.ts';
import type { ToolNameRule } from '../protocol.ts';

/** What upstreams of this wire can be asked for. */
export const support: Readonly<Record<Feature, FeatureSupport>> = {
  temperature: 'native',
  topP: 'native',
  // OpenAI refuses the member; whoever needs it names it in a relayed request.
  topK: 'dropped',
  frequencyPenalty: 'native',
  presencePenalty: 'native',
  stopSequences: 'native',
  seed: 'native',
  choices: 'native',
  topLogprobs: 'native',
  logprobs: 'native',
  logitBias: 'native',
  reasoning: 'native',
  outputJson: 'native',
  outputSchema: 'native',
  verbosity: 'native',
  audioOutput: 'native',
  imageOutput: 'native',
  toolChoice: 'native',
  allowedTools: 'native',
  parallelToolCalls: 'native',
  strictTools: 'native',
  customTools: 'native',
  imageUrls: 'native',
  imageData: 'native',
  // Files have no address on this wire.
  documentUrls: 'emulated',
  documentData: 'native',
  // They become text of the message.
  documentText: 'emulated',
  audioInput: 'native',
  audioUrls: 'emulated',
  videoInput: 'refused',
  // They follow the results as the user's own.
  toolResultMedia: 'emulated',
  // OpenAI caches by itself and refuses marks.
  cacheControl: 'dropped',
  citableDocuments: 'dropped',
  participantNames: 'native',
  serviceTier: 'native',
  user: 'native',
  // OpenAI refuses it unless the answer is kept, which other wires' callers hardly ever ask for.
  metadata: 'dropped',
  store: 'native',
  promptCacheKey: 'native',
  prediction: 'native',
  safetySettings: 'dropped',
};

/** How clients of this wire call the features. */
export const fieldNames: Readonly<Partial<Record<Feature, string>>> = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  stopSequences: 'stop',
  seed: 'seed',
  choices: 'n',
  topLogprobs: 'top_logprobs',
  logprobs: 'logprobs',
  logitBias: 'logit_bias',
  reasoning: 'reasoning_effort',
  outputJson: 'response_format',
  outputSchema: 'response_format',
  verbosity: 'verbosity',
  audioOutput: 'modalities',
  imageOutput: 'modalities',
  toolChoice: 'tool_choice',
  allowedTools: 'tool_choice',
  parallelToolCalls: 'parallel_tool_calls',
  strictTools: 'tools[].function.strict',
  customTools: 'tools[].custom',
  imageUrls: 'messages[].content[].image_url',
  imageData: 'messages[].content[].image_url',
  documentUrls: 'messages[].content[].file',
  documentData: 'messages[].content[].file',
  audioInput: 'messages[].content[].input_audio',
  audioUrls: 'messages[].content[].audio_url',
  videoInput: 'messages[].content[].video_url',
  toolResultMedia: 'messages[].content[]',
  cacheControl: 'cache_control',
  participantNames: 'messages[].name',
  serviceTier: 'service_tier',
  user: 'user',
  metadata: 'metadata',
  store: 'store',
  promptCacheKey: 'prompt_cache_key',
  prediction: 'prediction',
};

/** OpenAI's API reference, `FunctionObject.name`. */
export const toolNames: ToolNameRule = { pattern: /^[a-zA-Z0-9_-]{1,64}$/, longest: 64 };
