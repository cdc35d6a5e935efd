import { GatewayError } from '../canonical/gateway-error.ts';
import { isObject, type JsonObject } from '../canonical/json.ts';

/** How much a chat may hold. */
export interface MessageLimits {
  readonly maxMessages: number;
  /** Characters of text in one message. */
  readonly maxMessageLength: number;
}

/** Where the wires have their messages, and a message its text. */
const messageMembers = ['messages', 'contents', 'input'] as const;
const textMembers = ['content', 'parts'] as const;

/** Throws `invalid_request` that names the member when a chat, on whatever wire, holds more than is accepted. */
export function checkMessageLimits(body: JsonObject, { maxMessages, maxMessageLength }: MessageLimits): void {
  for (const member of messageMembers) {
    const messages = body[member];
    if (!Array.isArray(messages)) continue;
    if (messages.length > maxMessages) {
      throw excess(member, `has ${messages.length} messages, and at most ${maxMessages} are accepted`);
    }
    for (let index = 0; index < messages.length; index++) {
      const message: unknown = messages[index];
      if (!isObject(message)) continue;
      for (const text of textMembers) {
        if (!isLongerThan(message[text], maxMessageLength)) continue;
        const problem = `is longer than the ${maxMessageLength} characters that are accepted`;
        throw excess(`${member}[${index}].${text}`, problem);
      }
    }
  }
}

function isLongerThan(content: unknown, maxLength: number): boolean {
  // Length in UTF-16 units is at least that in characters, so most texts need no count.
  if (typeof content === 'string' && content.length <= maxLength) return false;
  if (typeof content !== 'string' && !Array.isArray(content)) return false;
  let units = 0;
  const texts: string[] = [];
  collectTexts(content, texts);
  for (const text of texts) units += text.length;
  if (units <= maxLength) return false;
  // No character takes more than two units; between the two, only a count can tell.
  if (units > 2 * maxLength) return true;
  let characters = 0;
  for (const text of texts) characters += countCharacters(text);
  return characters > maxLength;
}

/** Texts of a message: its own, those of its parts, and those in results of tools. */
function collectTexts(content: unknown, texts: string[]): void {
  if (typeof content === 'string') texts.push(content);
  else if (Array.isArray(content)) for (const part of content) collectTexts(part, texts);
  else if (isObject(content)) {
    if (typeof content['text'] === 'string') texts.push(content['text']);
    collectTexts(content['content'], texts);
  }
}

function countCharacters(text: string): number {
  let count = 0;
  for (const _character of text) count++;
  return count;
}

function excess(param: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', `\`${param}\` ${problem}.`, { param });
}
