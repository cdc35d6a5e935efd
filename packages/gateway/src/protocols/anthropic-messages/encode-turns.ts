import type { Part, Turn } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { isMedia, spokenAsText } from '../media-parts.ts';
import { OPENING } from '../opening.ts';
import { withUnread } from '../unread-members.ts';
import { encodeRequestPart, refused } from './encode-parts.ts';
import { textBlock } from './parts.ts';
import { WIRE } from './wire.ts';

export interface WireTurns {
  readonly system: readonly JsonObject[];
  readonly messages: readonly Message[];
}

export interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: readonly JsonObject[];
}

interface OpenMessage {
  readonly role: 'user' | 'assistant';
  content: JsonObject[];
}

/**
 * Lays turns out as the wire wants them: system text first and apart, then user and assistant by turns, beginning with
 * the user, none of them empty, results of tools before anything else in their message.
 *
 * System text between the messages keeps its place as text of the user's, in the tags in which Claude Code tells its
 * own: versions of the API before 2026-10-21 refuse the role `system` there, and to move it to the top would put it
 * before what it answers to and spoil the prompt cache.
 */
export function encodeTurns(turns: readonly Turn[]): WireTurns {
  const system: JsonObject[] = [];
  const messages: OpenMessage[] = [];
  for (const turn of turns) {
    if (turn.role === 'system' || turn.role === 'developer') {
      const blocks = blocksOf(turn.parts);
      if (messages.length === 0) {
        checkSystem(turn.parts);
        for (const block of blocks) system.push(block);
      } else append(messages, 'user', blocks.map(reminder));
    } else if (turn.role === 'user') append(messages, 'user', blocksOf(turn.parts), turn);
    else appendAssistant(messages, turn);
  }
  trimEnd(messages);
  for (const [index, message] of messages.entries()) {
    if (message.role === 'user') message.content = resultsFirst(message.content, messages[index - 1]);
  }
  if (messages[0]?.role !== 'user') messages.unshift({ role: 'user', content: [textBlock(OPENING, [])] });
  return { system, messages };
}

/** `system` holds text: anything else there gets a 400 that speaks of places which the caller does not know. */
function checkSystem(parts: readonly Part[]): void {
  const odd = parts.find(isMedia);
  if (odd) throw refused(odd.path, `is ${odd.type} in a system text, which this model's provider takes as words only`);
}

/** Whether the turn that the model is to go on with began without thinking that its provider has signed. */
export function endsInUnsignedTurn(messages: readonly Message[]): boolean {
  for (const { role, content } of messages.toReversed()) {
    if (role === 'assistant') {
      const type = content[0]?.['type'];
      return type !== 'thinking' && type !== 'redacted_thinking';
    }
    if (content.some(({ type }) => type !== 'tool_result')) return false;
  }
  return false;
}

function blocksOf(parts: readonly Part[]): JsonObject[] {
  return parts.flatMap(encodeRequestPart).filter(hasContent);
}

/**
 * Images that another model made stand in the user's turn behind: assistants have none on this wire. Of what it spoke
 * the words remain.
 */
function appendAssistant(messages: OpenMessage[], turn: Turn): void {
  const { parts } = turn;
  const said = parts.map(spokenAsText).filter((part) => !isMedia(part));
  const shown = parts.map(spokenAsText).filter(isMedia);
  const blocks = said.flatMap(encodeRequestPart);
  append(messages, 'assistant', blocks.filter(isWorthSaying), turn);
  append(messages, 'user', blocksOf(shown));
}

/** A blank between two texts was said; alone, as some models put it before their calls, it is refused like an empty text. */
function isWorthSaying(block: JsonObject, index: number, blocks: readonly JsonObject[]): boolean {
  if (hasContent(block)) return true;
  return block['text'] !== '' && blocks[index - 1]?.['type'] === 'text' && blocks[index + 1]?.['type'] === 'text';
}

function append(
  messages: OpenMessage[],
  role: OpenMessage['role'],
  blocks: readonly JsonObject[],
  { unread }: Pick<Turn, 'unread'> = {},
): void {
  if (blocks.length === 0) return;
  const last = messages.at(-1);
  if (last?.role !== role) messages.push({ role, content: [...blocks] });
  // One by one: a call takes some hundred thousand arguments at most, and a caller may send more blocks.
  else for (const block of blocks) last.content.push(block);
  if (unread) messages.push(withUnread(messages.pop()!, { unread }, WIRE));
}

/** An assistant's turn that the model is to go on with must not end in white space. */
function trimEnd(messages: OpenMessage[]): void {
  for (let last = messages.at(-1); last?.role === 'assistant'; last = messages.at(-1)) {
    const block = last.content.at(-1);
    const text = block?.['type'] === 'text' ? String(block['text']).trimEnd() : undefined;
    if (block === undefined) messages.pop();
    else if (text === undefined) return;
    else if (text === '') last.content.pop();
    else {
      last.content[last.content.length - 1] = { ...block, text };
      return;
    }
  }
}

/** Every call wants a result in the message behind it, first of all; one that its caller never answered gets none to read. */
function resultsFirst(content: readonly JsonObject[], before: OpenMessage | undefined): JsonObject[] {
  const results = content.filter(isResult);
  const answered = new Set(results.map(({ tool_use_id }) => tool_use_id));
  const missing = (before?.content ?? [])
    .filter(({ type, id }) => type === 'tool_use' && !answered.has(id))
    .map(({ id }) => ({ type: 'tool_result', tool_use_id: id }));
  return [...results, ...missing, ...content.filter((block) => !isResult(block))];
}

function isResult({ type }: JsonObject): boolean {
  return type === 'tool_result';
}

function reminder(block: JsonObject): JsonObject {
  return block['type'] === 'text'
    ? { ...block, text: `<system-reminder>\n${String(block['text'])}\n</system-reminder>` }
    : block;
}

/** Texts of white space only are refused. */
function hasContent(block: JsonObject): boolean {
  return block['type'] !== 'text' || String(block['text']).trim() !== '';
}
