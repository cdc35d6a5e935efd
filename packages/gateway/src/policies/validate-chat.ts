import { GatewayError } from '../canonical/gateway-error.ts';
import type { Operation } from '../canonical/operation.ts';
import type { SecurityConfig } from '../config/gateway-config.ts';

/** What routing and the ledger need to know of a JSON body. */
export interface BodyFacts {
  /** Undefined when the caller named none: absent, null or empty. */
  readonly model: string | undefined;
  readonly stream: boolean;
  /** `stream_options.include_usage` is true. */
  readonly includeUsage: boolean;
  /** Answers asked for (`n`), 1 when the caller did not say. */
  readonly choices: number;
}

export interface ChatFacts extends BodyFacts {
  readonly messageCount: number;
}

export type ChatLimits = Pick<SecurityConfig['validation'], 'maxMessages' | 'maxMessageLength'>;

type JsonObject = Readonly<Record<string, unknown>>;

const longestModel = 256;
const mostChoices = 128;

/**
 * Checks the structure of a parsed chat body and reads its facts. What it does not know it lets pass: providers have
 * fields of their own. Throws `invalid_request` with the field at fault as `param`; the text is neither judged nor quoted.
 */
export function validateChat(parsed: unknown, limits: ChatLimits): ChatFacts {
  const body = requireObject(parsed);
  const messageCount = checkMessages(body['messages'], limits);
  checkTemperature(body['temperature']);
  checkTokens(body['max_tokens'], 'max_tokens');
  checkTokens(body['max_completion_tokens'], 'max_completion_tokens');
  return {
    model: readModel(body['model']),
    stream: readStream(body['stream']),
    includeUsage: readIncludeUsage(body['stream_options']),
    choices: readChoices(body['n']),
    messageCount,
  };
}

/** The same for any other operation with a JSON body, whose content is left to whoever serves it. */
export function validateBody(parsed: unknown, operation: Operation): BodyFacts {
  const body = requireObject(parsed);
  return {
    model: readModel(body['model']),
    stream: readStream(body['stream']),
    includeUsage: operation === 'completions' && readIncludeUsage(body['stream_options']),
    choices: operation === 'completions' ? readChoices(body['n']) : 1,
  };
}

function requireObject(parsed: unknown): JsonObject {
  if (isObject(parsed)) return parsed;
  throw new GatewayError('invalid_request', 'The request body must be a JSON object.');
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkMessages(messages: unknown, limits: ChatLimits): number {
  if (!Array.isArray(messages)) {
    throw invalid('messages', messages === undefined ? 'is required' : 'must be an array of messages');
  }
  if (messages.length === 0) throw invalid('messages', 'must have at least one message');
  if (messages.length > limits.maxMessages) {
    throw invalid('messages', `has ${messages.length} messages, and at most ${limits.maxMessages} are accepted`);
  }
  for (let index = 0; index < messages.length; index++) checkMessage(messages[index], index, limits.maxMessageLength);
  return messages.length;
}

function checkMessage(message: unknown, index: number, maxLength: number): void {
  if (!isObject(message)) throw invalid(`messages[${index}]`, 'must be an object with a role');
  if (typeof message['role'] !== 'string') throw invalid(`messages[${index}].role`, 'must be a string');
  const content = message['content'];
  if (content === undefined || content === null) return;
  if (typeof content === 'string') {
    // Length in UTF-16 units is at least that in characters, so most texts need no count.
    if (content.length <= maxLength) return;
  } else if (!Array.isArray(content)) {
    throw invalid(`messages[${index}].content`, 'must be a string, an array of parts or null');
  }
  if (isLongerThan(content, maxLength)) {
    throw invalid(`messages[${index}].content`, `is longer than the ${maxLength} characters that are accepted`);
  }
}

function isLongerThan(content: string | readonly unknown[], maxLength: number): boolean {
  let units = 0;
  const texts = typeof content === 'string' ? [content] : content.map(textOfPart);
  for (const text of texts) units += text.length;
  if (units <= maxLength) return false;
  // No character takes more than two units; between the two, only a count can tell.
  if (units > 2 * maxLength) return true;
  let characters = 0;
  for (const text of texts) characters += countCharacters(text);
  return characters > maxLength;
}

function textOfPart(part: unknown): string {
  if (typeof part === 'string') return part;
  const text = isObject(part) ? part['text'] : undefined;
  return typeof text === 'string' ? text : '';
}

function countCharacters(text: string): number {
  let count = 0;
  for (const _character of text) count++;
  return count;
}

function readModel(model: unknown): string | undefined {
  if (model === undefined || model === null || model === '') return undefined;
  if (typeof model !== 'string') throw invalid('model', 'must be a string');
  if (model.length > longestModel) throw invalid('model', `is longer than ${longestModel} characters`);
  return model;
}

function readStream(stream: unknown): boolean {
  if (typeof stream === 'boolean') return stream;
  if (stream === undefined || stream === null) return false;
  throw invalid('stream', 'must be true or false');
}

function readIncludeUsage(options: unknown): boolean {
  if (options === undefined || options === null) return false;
  if (!isObject(options)) throw invalid('stream_options', 'must be an object');
  return options['include_usage'] === true;
}

function readChoices(choices: unknown): number {
  if (choices === undefined || choices === null) return 1;
  if (Number.isInteger(choices) && (choices as number) >= 1 && (choices as number) <= mostChoices)
    return choices as number;
  throw invalid('n', `must be a whole number from 1 to ${mostChoices}`);
}

function checkTemperature(temperature: unknown): void {
  if (temperature === undefined || temperature === null) return;
  if (typeof temperature === 'number' && temperature >= 0 && temperature <= 2) return;
  throw invalid('temperature', 'must be a number from 0 to 2');
}

function checkTokens(tokens: unknown, param: string): void {
  if (tokens === undefined || tokens === null) return;
  if (Number.isInteger(tokens) && (tokens as number) >= 1) return;
  throw invalid(param, 'must be a whole number of at least 1');
}

function invalid(param: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', `\`${param}\` ${problem}.`, { param });
}
