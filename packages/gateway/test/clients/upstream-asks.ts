import type { AttemptRecord } from '@llm-gateway/simulator';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';

/** What a provider was asked, read from its body without any help of the gateway's. */
export interface UpstreamAsk {
  readonly system: string;
  /** Pictures as `type;base64,data`. */
  readonly images: readonly string[];
  readonly tools: readonly string[];
  /** Calls and results of the whole conversation, in order, as `id name` and `id text`; Gemini has no ids. */
  readonly calls: readonly string[];
  readonly results: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/** Reads what a provider was asked over a wire. */
export function readUpstreamAsk(wire: ProtocolName, { body }: AttemptRecord): UpstreamAsk {
  return readers[wire](JSON.parse(body.toString('utf8')));
}

const readers: Readonly<Record<ProtocolName, (body: Json) => UpstreamAsk>> = {
  'openai-chat': readOpenAiChat,
  'openai-responses': readOpenAiResponses,
  'anthropic-messages': readAnthropicMessages,
  gemini: readGemini,
  'bedrock-converse': readBedrockConverse,
  'cohere-chat': readOpenAiChat,
};

/** Cohere's wire has the same members where these tests look. */
function readOpenAiChat(body: Json): UpstreamAsk {
  const messages = list(body['messages']);
  const isSystem = ({ role }: Json) => role === 'system' || role === 'developer';
  return {
    system: textOf(messages.filter(isSystem).map(({ content }) => content)),
    images: messages
      .flatMap(({ content }) => list(content))
      .flatMap((part) => dataUrl(at(part, 'image_url')['url'] ?? part['image_url'])),
    tools: list(body['tools']).map((tool) => String(at(tool, 'function')['name'])),
    calls: messages.flatMap((message) =>
      list(message['tool_calls']).map((call) => `${call['id']} ${at(call, 'function')['name']}`),
    ),
    results: messages
      .filter(({ role }) => role === 'tool')
      .map((message) => `${message['tool_call_id']} ${textOf(message['content'])}`),
  };
}

function readOpenAiResponses(body: Json): UpstreamAsk {
  const items = list(body['input']);
  const isSystem = ({ role }: Json) => role === 'system' || role === 'developer';
  return {
    system: textOf([body['instructions'], ...items.filter(isSystem).map(({ content }) => content)]),
    images: items.flatMap(({ content }) => list(content)).flatMap((part) => dataUrl(part['image_url'])),
    tools: list(body['tools']).map((tool) => String(tool['name'])),
    calls: ofType(items, 'function_call').map((item) => `${item['call_id']} ${item['name']}`),
    results: ofType(items, 'function_call_output').map((item) => `${item['call_id']} ${textOf(item['output'])}`),
  };
}

function readAnthropicMessages(body: Json): UpstreamAsk {
  const blocks = list(body['messages']).flatMap(({ content }) => list(content));
  return {
    system: textOf(body['system']),
    images: ofType(blocks, 'image').map((block) => {
      const source = at(block, 'source');
      return `${source['media_type']};base64,${source['data']}`;
    }),
    tools: list(body['tools']).map((tool) => String(tool['name'])),
    calls: ofType(blocks, 'tool_use').map((block) => `${block['id']} ${block['name']}`),
    results: ofType(blocks, 'tool_result').map((block) => `${block['tool_use_id']} ${textOf(block['content'])}`),
  };
}

function readGemini(body: Json): UpstreamAsk {
  const parts = list(body['contents']).flatMap((turn) => list(turn['parts']));
  const having = (name: string) => parts.filter((part) => part[name] !== undefined).map((part) => at(part, name));
  return {
    system: textOf(at(body, 'systemInstruction')['parts']),
    images: having('inlineData').map((data) => `${data['mimeType']};base64,${data['data']}`),
    tools: list(body['tools']).flatMap((tool) => list(tool['functionDeclarations']).map(({ name }) => String(name))),
    calls: having('functionCall').map(({ name }) => `${name} ${name}`),
    results: having('functionResponse').map(({ name, response }) => `${name} ${JSON.stringify(response)}`),
  };
}

function readBedrockConverse(body: Json): UpstreamAsk {
  const blocks = list(body['messages']).flatMap(({ content }) => list(content));
  const having = (name: string) => blocks.filter((block) => block[name] !== undefined).map((block) => at(block, name));
  return {
    system: textOf(body['system']),
    images: having('image').map((image) => `image/${image['format']};base64,${at(image, 'source')['bytes']}`),
    tools: list(at(body, 'toolConfig')['tools']).map((tool) => String(at(tool, 'toolSpec')['name'])),
    calls: having('toolUse').map((call) => `${call['toolUseId']} ${call['name']}`),
    results: having('toolResult').map((result) => `${result['toolUseId']} ${textOf(result['content'])}`),
  };
}

function dataUrl(url: unknown): string[] {
  return typeof url === 'string' ? [url.replace(/^data:/, '')] : [];
}

function ofType(items: readonly Json[], type: string): readonly Json[] {
  return items.filter((item) => item['type'] === type);
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function at(value: Json, name: string): Json {
  return (value[name] ?? {}) as Json;
}

/** The text of a string, a part, or a list of either; of a part that is data, its JSON. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).filter(Boolean).join('\n');
  const { text } = value as Json;
  return typeof text === 'string' ? text : JSON.stringify(value);
}
