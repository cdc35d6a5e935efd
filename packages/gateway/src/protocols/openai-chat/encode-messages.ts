import type {
  MediaPart,
  Part,
  ReasoningPart,
  ToolCallPart,
  ToolResultPart,
  Turn,
} from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import type { RequestQuirks } from '../protocol.ts';
import { withUnread } from '../unread-members.ts';
import { callIdFor } from './call-id.ts';
import { cacheControl, encodeContent, resultText } from './encode-content.ts';
import { thoughtSignature, writeDetails } from './reasoning-details.ts';

const WIRE = 'openai-chat';

/** The `messages` of a request. System texts stay where they are: the wire takes them anywhere. */
export function encodeMessages(turns: readonly Turn[], quirks: RequestQuirks): JsonObject[] {
  const messages = turns.flatMap((turn) => encodeTurn(turn, quirks));
  const { assistantPrefill: mark } = quirks;
  const last = messages.at(-1);
  if (last && (mark === 'prefix' || mark === 'partial') && endsInPrefill(turns)) {
    messages[messages.length - 1] = { ...last, [mark]: true };
  }
  return messages;
}

/** Whether the conversation ends in the beginning of the answer: in words of the assistant's that wait for no result. */
export function endsInPrefill(turns: readonly Turn[]): boolean {
  const last = turns.at(-1);
  return last?.role === 'assistant' && last.parts.every(({ type }) => type === 'text' || type === 'reasoning');
}

function encodeTurn(turn: Turn, quirks: RequestQuirks): JsonObject[] {
  const { role, parts, name } = turn;
  const named = name === undefined ? {} : { name };
  if (role === 'assistant') {
    return [withUnread({ ...assistantMessage(parts, quirks), ...named }, turn, WIRE), ...ownMedia(parts)];
  }
  if (role === 'user') return userMessages(turn, quirks);
  const spoken = role === 'developer' && quirks.refusesDeveloperRole === true ? 'system' : role;
  return [withUnread({ role: spoken, content: encodeContent(parts), ...named }, turn, WIRE)];
}

/** Results first: the wire has a role of its own for them, whose messages must follow the calls at once. */
function userMessages(turn: Turn, quirks: RequestQuirks): JsonObject[] {
  const { parts, name } = turn;
  const results = parts.filter((part) => part.type === 'tool-result');
  const said = [...results.flatMap(attachments), ...parts.filter(({ type }) => type !== 'tool-result')];
  const messages = results.map((result) => toolMessage(result, quirks));
  if (said.length === 0 && messages.length > 0) return messages;
  const message = { role: 'user', content: encodeContent(said), ...(name === undefined ? {} : { name }) };
  return [...messages, withUnread(message, turn, WIRE)];
}

function toolMessage(result: ToolResultPart, quirks: RequestQuirks): JsonObject {
  const { content, callId, cache, isError } = result;
  const message = { role: 'tool', tool_call_id: callIdFor(callId, quirks.callIdLength) };
  const texts = resultText(content);
  const text =
    texts.length === 0 && content.length > 0 ? 'See the attachments.' : encodeContent(texts) || silence(isError);
  return withUnread({ ...message, content: text, ...cacheControl(cache) }, result, WIRE);
}

/** What stands for a result without words. That a tool failed is told by nothing but its words on this wire. */
function silence(isError: boolean): string {
  return isError ? 'Error' : '';
}

/** Media of a result: OpenAI's tool messages hold text only, so they follow as the user's. */
function attachments({ content, callId, name }: ToolResultPart): Part[] {
  const media = content.filter(({ type }) => type !== 'text');
  if (media.length === 0) return [];
  const of = name === '' ? callId : name;
  return [{ type: 'text', text: `Attachments of the result of ${of}:` }, ...media];
}

function assistantMessage(parts: readonly Part[], quirks: RequestQuirks): JsonObject {
  const calls = parts.filter((part) => part.type === 'tool-call');
  const audioId = spokenId(parts);
  const said = parts.flatMap((part): readonly Part[] => {
    if (part.type === 'text' || part.type === 'refusal' || part.type === 'foreign') return [part];
    // What was said aloud, where it cannot be referred to.
    const isLost = part.type === 'audio' && audioId === undefined && part.transcript !== undefined;
    return isLost ? [{ type: 'text', text: part.transcript }] : [];
  });
  const content = assistantContent(said, parts, quirks);
  return {
    role: 'assistant',
    content: content === '' && (calls.length > 0 || audioId !== undefined) ? null : content,
    ...(calls.length === 0 ? {} : { tool_calls: calls.map((call) => toolCall(call, quirks)) }),
    ...(audioId === undefined ? {} : { audio: { id: audioId } }),
    ...history(parts, quirks),
  };
}

/** Id of a spoken answer, by which alone the wire repeats it. */
function spokenId(parts: readonly Part[]): string | undefined {
  const spoken = parts.find((part): part is MediaPart => part.type === 'audio');
  return spoken?.source.kind === 'file' ? spoken.source.id : spoken?.id;
}

/** Images that the model made: its own messages hold text only, so they follow as the user's. */
function ownMedia(parts: readonly Part[]): JsonObject[] {
  const media = parts.filter(({ type }) => type === 'image' || type === 'document' || type === 'video');
  if (media.length === 0) return [];
  if (!parts.some(({ type }) => type === 'tool-call')) return [{ role: 'user', content: encodeContent(media) }];
  const [{ path } = { path: undefined }] = media as MediaPart[];
  const where = path ?? 'messages';
  const message = `${where} cannot be passed on: an image beside tool calls has no place on openai-chat. Leave it out.`;
  throw new GatewayError('invalid_request', message, { param: where });
}

function assistantContent(said: readonly Part[], parts: readonly Part[], quirks: RequestQuirks): unknown {
  if (quirks.reasoningHistory !== 'thinking') return encodeContent(said);
  const thoughts = parts.filter((part) => part.type === 'reasoning' && part.text !== '') as ReasoningPart[];
  if (thoughts.length === 0) return encodeContent(said);
  const thinking = thoughts.map((part) =>
    withUnread({ type: 'thinking', thinking: [{ type: 'text', text: part.text }] }, part, WIRE),
  );
  const rest = encodeContent(said);
  return [
    ...thinking,
    ...(typeof rest !== 'string' ? (rest as unknown[]) : rest === '' ? [] : [{ type: 'text', text: rest }]),
  ];
}

function toolCall(call: ToolCallPart, { reasoningHistory, callIdLength }: RequestQuirks): JsonObject {
  const { name, kind, signature } = call;
  const id = callIdFor(call.id, callIdLength);
  const isSigned = reasoningHistory === 'extra_content' && signature?.origin === 'gemini';
  const signed = isSigned ? thoughtSignature(signature, 'upstream') : {};
  if (kind === 'custom') {
    return withUnread({ id, type: 'custom', custom: { name, input: call.arguments }, ...signed }, call, WIRE);
  }
  // OpenAI and many others refuse arguments that are no JSON, as an empty text is.
  const text = call.arguments.trim() === '' ? '{}' : call.arguments;
  return withUnread({ id, type: 'function', function: { name, arguments: text }, ...signed }, call, WIRE);
}

/**
 * The reasoning of an earlier turn. OpenAI's models do not take it on this wire and refuse messages with members they
 * do not know; DeepSeek, Z.AI, Moonshot and OpenRouter want it back within a loop of tool calls.
 */
function history(parts: readonly Part[], { reasoningHistory }: RequestQuirks): JsonObject {
  switch (reasoningHistory) {
    case 'reasoning_content':
    case 'reasoning': {
      const text = parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
      return text === '' ? {} : { [reasoningHistory]: text };
    }
    case 'reasoning_details': {
      const details = writeDetails(parts, 'upstream');
      return details.length === 0 ? {} : { reasoning_details: details };
    }
    case 'extra_content': {
      const signature = parts.find((part) => part.type === 'text')?.signature;
      return signature?.origin === 'gemini' ? thoughtSignature(signature, 'upstream') : {};
    }
    default:
      return {};
  }
}
