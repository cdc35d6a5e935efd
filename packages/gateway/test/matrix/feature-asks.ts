import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import {
  type Asks,
  type FeatureAsk,
  type FilePlace,
  member,
  mp4,
  part,
  pdf,
  png,
  sampling,
  schema,
  tools,
  wav,
  withTools,
} from './feature-ask.ts';
import { openaiChatAsks, openaiResponsesAsks } from './openai-feature-asks.ts';
import type { Json } from './wire-client.ts';

/** What the clients of each wire can ask for beside the conversation itself. */
export function featureAsks({ files }: FilePlace): Readonly<Record<ProtocolName, Asks>> {
  return {
    'openai-chat': openaiChatAsks(files),
    'openai-responses': openaiResponsesAsks(files),
    'anthropic-messages': { ...anthropicMessages, ...anthropicMedia(files) },
    gemini: { ...gemini, ...geminiMedia(files) },
    'bedrock-converse': bedrockConverse,
    'cohere-chat': { ...cohereChat, ...cohereMedia(files) },
  };
}

const anthropicMessages: Asks = {
  ...sampling,
  topK: member({ top_k: 37 }, '37'),
  stopSequences: member({ stop_sequences: ['STOP-HERE'] }, 'STOP-HERE'),
  reasoning: member({ thinking: { type: 'enabled', budget_tokens: 2_048 } }, ''),
  outputSchema: { question: { schema }, mark: 'city' },
  toolChoice: withTools({ tool_choice: { type: 'any' } }, ''),
  parallelToolCalls: withTools({ tool_choice: { type: 'auto', disable_parallel_tool_use: true } }, ''),
  strictTools: member({ tools: [{ name: 'a_tool', input_schema: schema, strict: true }] }, 'strict'),
  serviceTier: member({ service_tier: 'standard_only' }, ''),
  user: member({ metadata: { user_id: 'user-77' } }, 'user-77'),
};

function anthropicMedia(files: string): Asks {
  const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } };
  const paper = { type: 'text', media_type: 'text/plain', data: 'paper-77' };
  return {
    imageUrls: part({ type: 'image', source: { type: 'url', url: `${files}/picture.png` } }, '/picture.png'),
    imageData: part(picture, png),
    documentUrls: part({ type: 'document', source: { type: 'url', url: `${files}/paper.pdf` } }, '/paper.pdf'),
    documentData: part({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: pdf } }, pdf),
    documentText: part({ type: 'document', source: paper }, 'paper-77'),
    toolResultMedia: member(
      {
        messages: [
          { role: 'user', content: 'Look!' },
          { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'first_tool', input: {} }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: [picture] }] },
        ],
      },
      png,
    ),
    cacheControl: part({ type: 'text', text: 'Long.', cache_control: { type: 'ephemeral' } }, ''),
    citableDocuments: part({ type: 'document', source: paper, citations: { enabled: true } }, ''),
  };
}

function config(members: Json, mark: string): FeatureAsk {
  return member({ generationConfig: members }, mark);
}

const gemini: Asks = {
  temperature: config({ temperature: 0.3125 }, '0.3125'),
  topP: config({ topP: 0.8125 }, '0.8125'),
  topK: config({ topK: 37 }, '37'),
  frequencyPenalty: config({ frequencyPenalty: 0.4375 }, '0.4375'),
  presencePenalty: config({ presencePenalty: 0.5625 }, '0.5625'),
  stopSequences: config({ stopSequences: ['STOP-HERE'] }, 'STOP-HERE'),
  seed: config({ seed: 424_242 }, '424242'),
  choices: config({ candidateCount: 2 }, '2'),
  topLogprobs: config({ responseLogprobs: true, logprobs: 3 }, ''),
  logprobs: config({ responseLogprobs: true }, ''),
  reasoning: config({ thinkingConfig: { thinkingBudget: 2_048 } }, ''),
  outputJson: config({ responseMimeType: 'application/json' }, ''),
  outputSchema: { question: { schema }, mark: 'city' },
  audioOutput: config(
    {
      responseModalities: ['AUDIO'],
      speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'voice-77' } } },
    },
    'voice-77',
  ),
  imageOutput: config({ responseModalities: ['TEXT', 'IMAGE'] }, ''),
  toolChoice: withTools({ toolConfig: { functionCallingConfig: { mode: 'ANY' } } }, ''),
  allowedTools: withTools(
    { toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: tools.map(({ name }) => name) } } },
    'first_tool',
  ),
  serviceTier: member({ serviceTier: 'standard' }, ''),
  metadata: member({ labels: { team: 'team-77' } }, 'team-77'),
  store: member({ store: false }, '"store":false'),
  safetySettings: member(
    { safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }] },
    'BLOCK_NONE',
  ),
};

function geminiMedia(files: string): Asks {
  const data = (mimeType: string, bytes: string) => part({ inlineData: { mimeType, data: bytes } }, bytes);
  const url = (mimeType: string, name: string) => part({ fileData: { mimeType, fileUri: files + name } }, name);
  const parts = [{ inlineData: { mimeType: 'image/png', data: png } }];
  return {
    imageUrls: url('image/png', '/picture.png'),
    imageData: data('image/png', png),
    documentUrls: url('application/pdf', '/paper.pdf'),
    documentData: data('application/pdf', pdf),
    audioInput: data('audio/wav', wav),
    audioUrls: url('audio/wav', '/sound.wav'),
    videoInput: data('video/mp4', mp4),
    toolResultMedia: member(
      {
        contents: [
          { role: 'user', parts: [{ text: 'Look!' }] },
          { role: 'model', parts: [{ functionCall: { name: 'first_tool', args: {} } }] },
          { role: 'user', parts: [{ functionResponse: { name: 'first_tool', response: { result: 'Here.' }, parts } }] },
        ],
      },
      png,
    ),
  };
}

function inference(members: Json, mark: string): FeatureAsk {
  return member({ inferenceConfig: members }, mark);
}

const bedrockPicture = { image: { format: 'png', source: { bytes: png } } };
const bedrockPaper = { format: 'txt', name: 'paper', source: { text: 'paper-77' } };

const bedrockConverse: Asks = {
  temperature: inference({ temperature: 0.3125 }, '0.3125'),
  topP: inference({ topP: 0.8125 }, '0.8125'),
  topK: member({ additionalModelRequestFields: { top_k: 37 } }, '37'),
  stopSequences: inference({ stopSequences: ['STOP-HERE'] }, 'STOP-HERE'),
  reasoning: member({ additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2_048 } } }, ''),
  outputSchema: { question: { schema }, mark: 'city' },
  toolChoice: member(
    {
      toolConfig: {
        tools: tools.map(({ name, description }) => ({
          toolSpec: { name, description, inputSchema: { json: schema } },
        })),
        toolChoice: { any: {} },
      },
    },
    '',
  ),
  strictTools: member(
    { toolConfig: { tools: [{ toolSpec: { name: 'a_tool', inputSchema: { json: schema }, strict: true } }] } },
    'strict',
  ),
  imageData: part(bedrockPicture, png),
  documentData: part({ document: { format: 'pdf', name: 'paper', source: { bytes: pdf } } }, pdf),
  documentText: part({ document: bedrockPaper }, 'paper-77'),
  audioInput: part({ audio: { format: 'wav', source: { bytes: wav } } }, wav),
  videoInput: part({ video: { format: 'mp4', source: { bytes: mp4 } } }, mp4),
  toolResultMedia: member(
    {
      messages: [
        { role: 'user', content: [{ text: 'Look!' }] },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 'call_1', name: 'first_tool', input: {} } }] },
        { role: 'user', content: [{ toolResult: { toolUseId: 'call_1', content: [bedrockPicture] } }] },
      ],
    },
    png,
  ),
  cacheControl: { question: { parts: [{ text: 'Long.' }, { cachePoint: { type: 'default' } }] }, mark: '' },
  citableDocuments: part({ document: { ...bedrockPaper, citations: { enabled: true } } }, ''),
  serviceTier: member({ serviceTier: { type: 'default' } }, ''),
  metadata: member({ requestMetadata: { team: 'team-77' } }, 'team-77'),
};

const cohereChat: Asks = {
  temperature: sampling.temperature,
  topP: member({ p: 0.8125 }, '0.8125'),
  topK: member({ k: 37 }, '37'),
  frequencyPenalty: member({ frequency_penalty: 0.4375 }, '0.4375'),
  presencePenalty: member({ presence_penalty: 0.5625 }, '0.5625'),
  stopSequences: member({ stop_sequences: ['STOP-HERE'] }, 'STOP-HERE'),
  seed: member({ seed: 424_242 }, '424242'),
  logprobs: member({ logprobs: true }, ''),
  reasoning: member({ thinking: { type: 'enabled', token_budget: 2_048 } }, ''),
  outputJson: member({ response_format: { type: 'json_object' } }, ''),
  outputSchema: { question: { schema }, mark: 'city' },
  toolChoice: withTools({ tool_choice: 'REQUIRED' }, ''),
  strictTools: withTools({ strict_tools: true }, 'strict'),
  safetySettings: member({ safety_mode: 'STRICT' }, ''),
};

function cohereMedia(files: string): Asks {
  const call = { id: 'call_1', type: 'function', function: { name: 'first_tool', arguments: '{}' } };
  const paper = { type: 'document', document: { data: { text: 'paper-77' } } };
  return {
    imageUrls: part({ type: 'image_url', image_url: { url: `${files}/picture.png` } }, '/picture.png'),
    imageData: part({ type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } }, png),
    documentText: member(
      { documents: [{ data: { text: 'paper-77' } }], citation_options: { mode: 'OFF' } },
      'paper-77',
    ),
    toolResultMedia: member(
      {
        messages: [
          { role: 'user', content: 'Look!' },
          { role: 'assistant', tool_calls: [call] },
          { role: 'tool', tool_call_id: 'call_1', content: [paper] },
        ],
      },
      '',
    ),
    citableDocuments: member({ documents: [{ data: { text: 'paper-77' } }] }, ''),
  };
}
