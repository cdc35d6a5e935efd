import type { ProtocolName } from '../../src/canonical/protocol-name.ts';

/** A request in one of the wires. */
export interface ClientAsk {
  readonly path: string;
  readonly body: string;
}

export interface AskFor {
  readonly model: string;
  readonly isStream: boolean;
  readonly choices: number;
}

/** The smallest request of each wire for a model, streaming or not. */
export const asks: Readonly<Record<ProtocolName, (ask: AskFor) => ClientAsk>> = {
  'openai-chat': ({ model, isStream, choices }) =>
    askOf('/v1/chat/completions', {
      model,
      messages: [{ role: 'user', content: 'Hi' }],
      ...(choices > 1 ? { n: choices } : {}),
      ...(isStream ? { stream: true, stream_options: { include_usage: true } } : {}),
    }),
  'openai-responses': ({ model, isStream }) =>
    askOf('/v1/responses', { model, input: 'Hi', ...(isStream ? { stream: true } : {}) }),
  'anthropic-messages': ({ model, isStream }) =>
    askOf('/v1/messages', {
      model,
      max_tokens: 1_000,
      messages: [{ role: 'user', content: 'Hi' }],
      ...(isStream ? { stream: true } : {}),
    }),
  gemini: ({ model, isStream }) =>
    askOf(`/v1beta/models/${model}:${isStream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`, {
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
    }),
  'bedrock-converse': ({ model, isStream }) =>
    askOf(`/model/${encodeURIComponent(model)}/${isStream ? 'converse-stream' : 'converse'}`, {
      messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
    }),
  'cohere-chat': ({ model, isStream }) =>
    askOf('/v2/chat', { model, messages: [{ role: 'user', content: 'Hi' }], stream: isStream }),
};

function askOf(path: string, body: object): ClientAsk {
  return { path, body: JSON.stringify(body) };
}
