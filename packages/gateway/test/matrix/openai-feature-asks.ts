import { type Asks, member, mp4, part, pdf, png, sampling, schema, tools, wav, withTools } from './feature-ask.ts';

/** What clients of chat completions can ask for. */
export function openaiChatAsks(files: string): Asks {
  return { ...openaiChat, ...openaiChatMedia(files) };
}

/** What clients of responses can ask for. */
export function openaiResponsesAsks(files: string): Asks {
  return { ...openaiResponses, ...openaiResponsesMedia(files) };
}

const openaiShared: Asks = {
  ...sampling,
  frequencyPenalty: member({ frequency_penalty: 0.4375 }, '0.4375'),
  presencePenalty: member({ presence_penalty: 0.5625 }, '0.5625'),
  toolChoice: withTools({ tool_choice: 'required' }, ''),
  parallelToolCalls: withTools({ parallel_tool_calls: false }, ''),
  serviceTier: member({ service_tier: 'default' }, ''),
  user: member({ user: 'user-77' }, 'user-77'),
  metadata: member({ metadata: { team: 'team-77' } }, 'team-77'),
  store: member({ store: false }, '"store":false'),
  promptCacheKey: member({ prompt_cache_key: 'cache-77' }, 'cache-77'),
};

const openaiChat: Asks = {
  ...openaiShared,
  topK: member({ top_k: 37 }, '37'),
  stopSequences: member({ stop: ['STOP-HERE'] }, 'STOP-HERE'),
  seed: member({ seed: 424_242 }, '424242'),
  choices: member({ n: 2 }, '2'),
  topLogprobs: member({ logprobs: true, top_logprobs: 3 }, 'ogprobs":3'),
  logprobs: member({ logprobs: true }, 'ogprobs'),
  logitBias: member({ logit_bias: { '77': -100 } }, '77'),
  reasoning: member({ reasoning_effort: 'low' }, ''),
  outputJson: member({ response_format: { type: 'json_object' } }, ''),
  outputSchema: { question: { schema }, mark: 'city' },
  verbosity: member({ verbosity: 'low' }, 'low'),
  audioOutput: member({ modalities: ['text', 'audio'], audio: { voice: 'voice-77', format: 'wav' } }, 'voice-77'),
  imageOutput: member({ modalities: ['text', 'image'] }, ''),
  allowedTools: withTools(
    {
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: tools.map(({ name }) => ({ type: 'function', function: { name } })) },
      },
    },
    'first_tool',
  ),
  strictTools: member(
    { tools: [{ type: 'function', function: { name: 'a_tool', parameters: schema, strict: true } }] },
    'strict',
  ),
  customTools: member({ tools: [{ type: 'custom', custom: { name: 'free_tool' } }] }, 'free_tool'),
  participantNames: member({ messages: [{ role: 'user', name: 'name-77', content: 'Hello!' }] }, 'name-77'),
  prediction: member({ prediction: { type: 'content', content: 'predicted-77' } }, 'predicted-77'),
};

function openaiChatMedia(files: string): Asks {
  const call = { id: 'call_1', type: 'function', function: { name: 'first_tool', arguments: '{}' } };
  const picture = { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } };
  const url = (kind: string, name: string) =>
    part({ type: `${kind}_url`, [`${kind}_url`]: { url: files + name } }, name);
  return {
    imageUrls: url('image', '/picture.png'),
    imageData: part(picture, png),
    documentUrls: part({ type: 'file', file: { file_data: `${files}/paper.pdf` } }, '/paper.pdf'),
    documentData: part(
      { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdf}` } },
      pdf,
    ),
    audioInput: part({ type: 'input_audio', input_audio: { data: wav, format: 'wav' } }, wav),
    audioUrls: url('audio', '/sound.wav'),
    videoInput: part({ type: 'video_url', video_url: { url: `data:video/mp4;base64,${mp4}` } }, mp4),
    toolResultMedia: member(
      {
        messages: [
          { role: 'user', content: 'Look!' },
          { role: 'assistant', content: null, tool_calls: [call] },
          { role: 'tool', tool_call_id: 'call_1', content: [picture] },
        ],
      },
      png,
    ),
    cacheControl: part({ type: 'text', text: 'Long.', cache_control: { type: 'ephemeral' } }, ''),
  };
}

const openaiResponses: Asks = {
  ...openaiShared,
  topLogprobs: member({ top_logprobs: 3 }, 'ogprobs":3'),
  logprobs: member({ include: ['message.output_text.logprobs'] }, 'ogprobs'),
  reasoning: member({ reasoning: { effort: 'low' } }, ''),
  outputJson: member({ text: { format: { type: 'json_object' } } }, ''),
  outputSchema: { question: { schema }, mark: 'city' },
  verbosity: member({ text: { verbosity: 'low' } }, 'low'),
  allowedTools: withTools(
    {
      tool_choice: {
        type: 'allowed_tools',
        mode: 'required',
        tools: tools.map(({ name }) => ({ type: 'function', name })),
      },
    },
    'first_tool',
  ),
  strictTools: member({ tools: [{ type: 'function', name: 'a_tool', parameters: schema, strict: true }] }, 'strict'),
  customTools: member({ tools: [{ type: 'custom', name: 'free_tool' }] }, 'free_tool'),
};

function openaiResponsesMedia(files: string): Asks {
  const picture = { type: 'input_image', image_url: `data:image/png;base64,${png}` };
  const call = { type: 'function_call', call_id: 'call_1', name: 'first_tool', arguments: '{}' };
  const output = { type: 'function_call_output', call_id: 'call_1', output: [picture] };
  return {
    imageUrls: part({ type: 'input_image', image_url: `${files}/picture.png` }, '/picture.png'),
    imageData: part(picture, png),
    documentUrls: part({ type: 'input_file', file_url: `${files}/paper.pdf` }, '/paper.pdf'),
    documentData: part({ type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdf}` }, pdf),
    audioInput: part({ type: 'input_audio', input_audio: { data: wav, format: 'wav' } }, wav),
    toolResultMedia: member({ input: [{ role: 'user', content: 'Look!' }, call, output] }, png),
    cacheControl: part({ type: 'input_text', text: 'Long.', prompt_cache_breakpoint: true }, ''),
  };
}
