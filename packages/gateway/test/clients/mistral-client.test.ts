import { Mistral } from '@mistralai/mistralai';
import type {
  AssistantMessage,
  ChatCompletionRequest,
  ChatCompletionRequestMessage,
  ChatCompletionResponse,
  CompletionEvent,
  ToolCall,
} from '@mistralai/mistralai/models/components/index.js';
import { MistralError } from '@mistralai/mistralai/models/errors/index.js';
import type { Ask, ClientLibrary, LibraryClient, Said } from './client-library.ts';
import { describeLibrary } from './library-suite.ts';

const connect = (client: Mistral, model: string): LibraryClient => ({
  async listModels() {
    const { data = [] } = await client.models.list();
    // Cards without Mistral's list of capabilities are handed on as they came.
    return data.map((card) => ('isUnknown' in card ? (card.raw as { id: string }).id : card.id));
  },
  ask: async (ask) => saidOf(await client.chat.complete(paramsOf(ask, model))),
  async *stream(ask, signal) {
    const options = signal ? { fetchOptions: { signal } } : {};
    let text = '';
    let outputTokens: number | undefined;
    for await (const { data } of await client.chat.stream(paramsOf(ask, model), options)) {
      const content = data.choices[0]?.delta.content;
      if (typeof content === 'string') {
        text += content;
        yield content;
      }
      outputTokens = data.usage?.completionTokens ?? outputTokens;
    }
    return { text, outputTokens };
  },
  async useTools({ text, mode, tool, run }) {
    const { name, description, schema } = tool;
    const tools = [
      { type: 'function' as const, function: { name, description, parameters: { ...schema }, strict: true } },
    ];
    const send = async (messages: ChatCompletionRequestMessage[]) => {
      const params = { model, messages, tools };
      if (mode === 'streamed') return collected(await client.chat.stream(params));
      return (await client.chat.complete(params)).choices[0]!.message!;
    };
    const question = { role: 'user' as const, content: text };
    const said = await send([question]);
    const calls = (said.toolCalls ?? []).map(({ id, function: { name, arguments: text } }) => {
      return { id: id!, name, input: typeof text === 'string' ? JSON.parse(text) : text };
    });
    const results = calls.map(({ id, name, input }) => {
      return { role: 'tool' as const, toolCallId: id, name, content: run(input) };
    });
    const last = await send([question, { ...said, role: 'assistant' }, ...results]);
    return { calls: calls.map(({ name, input }) => ({ name, input })), text: String(last.content) };
  },
  async askForJson(text, schema) {
    const jsonSchema = { name: 'town', schemaDefinition: { ...schema }, strict: true };
    const responseFormat = { type: 'json_schema' as const, jsonSchema };
    return JSON.parse(saidOf(await client.chat.complete({ ...paramsOf({ text }, model), responseFormat })).text);
  },
  failureOf(error) {
    if (!(error instanceof MistralError)) throw error;
    const { statusCode, headers, body } = error;
    return { status: statusCode, message: body, retryAfter: headers.get('retry-after') ?? undefined };
  },
});

/** Puts the chunks of a stream together; calls come whole, as Mistral streams them. */
async function collected(stream: AsyncIterable<CompletionEvent>): Promise<AssistantMessage> {
  let content = '';
  const toolCalls: ToolCall[] = [];
  for await (const { data } of stream) {
    const { delta } = data.choices[0] ?? {};
    content += typeof delta?.content === 'string' ? delta.content : '';
    toolCalls.push(...(delta?.toolCalls ?? []));
  }
  return { content, ...(toolCalls.length > 0 ? { toolCalls } : {}) };
}

function paramsOf({ system, text, image }: Ask, model: string): ChatCompletionRequest {
  const imageUrl = image && `data:${image.type};base64,${image.base64}`;
  const content = imageUrl
    ? [
        { type: 'text' as const, text },
        { type: 'image_url' as const, imageUrl },
      ]
    : text;
  const instructions = system ? [{ role: 'system' as const, content: system }] : [];
  return { model, messages: [...instructions, { role: 'user', content }] };
}

function saidOf({ choices, usage }: ChatCompletionResponse): Said {
  const content = choices[0]?.message?.content;
  return { text: typeof content === 'string' ? content : '', outputTokens: usage.completionTokens };
}

const library: ClientLibrary = {
  name: '@mistralai/mistralai',
  wire: 'openai-chat',
  streamUsage: 'untold',
  thoughts: 'forgotten',
  // Each event that has a piece of a call must name its function for this library; OpenAI names it once.
  streamedCalls: 'whole only',
  connect: ({ url, key, model }) =>
    connect(new Mistral({ serverURL: url, apiKey: key, retryConfig: { strategy: 'none' } }), model),
};

describeLibrary(library, ['openai-chat', 'anthropic-messages'], { kinds: { 'openai-chat': 'mistral' } });
