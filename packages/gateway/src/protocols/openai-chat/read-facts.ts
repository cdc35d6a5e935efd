import { GatewayError } from '../../canonical/gateway-error.ts';
import { asString, isObject, type JsonObject } from '../../canonical/json.ts';
import type { Operation } from '../../canonical/operation.ts';
import type { ChatFacts } from '../protocol.ts';

const longestModel = 256;
const mostChoices = 128;

/**
 * Checks the structure of a parsed chat body and reads its facts. What it does not know it lets pass: providers have
 * fields of their own. Throws `invalid_request` with the field at fault as `param`; the text is neither judged nor quoted.
 */
export function readFacts(body: JsonObject): ChatFacts {
  checkMessages(body['messages']);
  checkTemperature(body['temperature']);
  checkTokens(body['max_tokens'], 'max_tokens');
  checkTokens(body['max_completion_tokens'], 'max_completion_tokens');
  return {
    model: readModel(body['model']),
    stream: readStream(body['stream']),
    includeUsage: readIncludeUsage(body['stream_options']),
    choices: readChoices(body['n']),
    serviceTier: asString(body['service_tier']),
  };
}

/** The same for any other operation with a JSON body, whose content is left to whoever serves it. */
export function readBodyFacts(body: JsonObject, operation: Operation): ChatFacts {
  if (operation === 'responses') checkBackground(body['background']);
  return {
    model: readModel(body['model']),
    stream: readStream(body['stream']),
    includeUsage: operation === 'completions' && readIncludeUsage(body['stream_options']),
    choices: operation === 'completions' ? readChoices(body['n']) : 1,
    serviceTier: asString(body['service_tier']),
  };
}

function checkMessages(messages: unknown): void {
  if (!Array.isArray(messages)) {
    throw invalid('messages', messages === undefined ? 'is required' : 'must be an array of messages');
  }
  if (messages.length === 0) throw invalid('messages', 'must have at least one message');
  for (let index = 0; index < messages.length; index++) checkMessage(messages[index], index);
}

function checkMessage(message: unknown, index: number): void {
  if (!isObject(message)) throw invalid(`messages[${index}]`, 'must be an object with a role');
  if (typeof message['role'] !== 'string') throw invalid(`messages[${index}].role`, 'must be a string');
  const content = message['content'];
  if (content === undefined || content === null || typeof content === 'string' || Array.isArray(content)) return;
  throw invalid(`messages[${index}].content`, 'must be a string, an array of parts or null');
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

/** What is made after its request has ended says what it used to nobody, and could be fetched from nowhere. */
function checkBackground(background: unknown): void {
  if (background === undefined || background === null || background === false) return;
  throw invalid('background', 'is not offered: nothing runs in the background here. Leave it out');
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
