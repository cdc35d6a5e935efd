import type { Part, ToolCallPart, ToolResultPart, Turn } from '../../canonical/conversation.ts';
import { invalidField, type RequestFields } from '../request-fields.ts';
import { unreadMembers } from '../unread-members.ts';
import { joinAssistant } from './decode-assistant.ts';
import { decodeContentPart } from './parts.ts';

const WIRE = 'cohere-chat';

/** The turns of a conversation. Results of tools that follow each other are parts of one turn of the user's. */
export function decodeMessages(messages: readonly RequestFields[]): Turn[] {
  const turns: Turn[] = [];
  const names = new Map<string, string>();
  let results: ToolResultPart[] | undefined;
  for (const message of messages) {
    if (message.string('role') === 'tool') {
      if (!results) {
        results = [];
        turns.push({ role: 'user', parts: results });
      }
      results.push(decodeToolResult(message, names));
      continue;
    }
    results = undefined;
    const turn = decodeTurn(message);
    for (const part of turn.parts) if (part.type === 'tool-call') names.set(part.id, part.name);
    turns.push(turn);
  }
  return turns;
}

function decodeTurn(message: RequestFields): Turn {
  const role = message.requiredString('role');
  switch (role) {
    case 'system':
    case 'developer':
    case 'user':
      if (!message.has('content')) throw invalidField(message.pathOf('content'), 'is required');
      return { role, parts: decodeContent(message), ...unreadMembers(message, WIRE) };
    case 'assistant':
      return { role, parts: decodeAssistant(message), ...unreadMembers(message, WIRE) };
    default:
      throw invalidField(
        message.pathOf('role'),
        `must be system, user, assistant or tool, not ${JSON.stringify(role)}`,
      );
  }
}

function decodeAssistant(message: RequestFields): Part[] {
  return joinAssistant({
    content: decodeContent(message),
    toolPlan: message.string('tool_plan'),
    toolCalls: message.objects('tool_calls').map(decodeToolCall),
    citations: message.array('citations'),
  });
}

function decodeContent(message: RequestFields): Part[] {
  const content = message.value('content');
  if (content === undefined) return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  const path = message.pathOf('content');
  if (!Array.isArray(content)) throw invalidField(path, 'must be a string or an array');
  return content.map((item, index) => decodeContentPart(item, `${path}[${index}]`));
}

function decodeToolCall(call: RequestFields): ToolCallPart {
  const type = call.string('type') ?? 'function';
  if (type !== 'function') throw invalidField(call.pathOf('type'), 'must be "function"');
  const called = call.object('function');
  if (!called) throw invalidField(call.pathOf('function'), 'must be an object');
  return {
    type: 'tool-call',
    id: call.requiredString('id'),
    name: called.requiredString('name'),
    arguments: called.string('arguments') ?? '{}',
    kind: 'function',
    ...unreadMembers(call, WIRE),
  };
}

function decodeToolResult(message: RequestFields, names: ReadonlyMap<string, string>): ToolResultPart {
  const callId = message.requiredString('tool_call_id');
  const content = decodeContent(message).map((part, index) => {
    if (part.type === 'text' || part.type === 'document' || part.type === 'image') return part;
    throw invalidField(`${message.pathOf('content')}[${index}].type`, 'must be text or document');
  });
  return {
    type: 'tool-result',
    callId,
    name: names.get(callId) ?? '',
    content,
    isError: false,
    kind: 'function',
    ...unreadMembers(message, WIRE),
  };
}
