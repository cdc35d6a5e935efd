import { asString, isObject, type JsonObject } from '../../canonical/json.ts';
import type { ChatFacts } from '../protocol.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import { decodeRate } from './usage.ts';

const longestModel = 256;

/** What routing needs of a body. Streams of this wire always tell their usage; it knows one choice only. */
export function readFacts(body: JsonObject): ChatFacts {
  const fields = new RequestFields(body, '');
  const messages = fields.array('messages');
  if (messages === undefined) throw invalidField('messages', 'is required');
  if (messages.length === 0) throw invalidField('messages', 'must hold at least one message');
  const odd = messages.findIndex((message) => !isObject(message));
  if (odd !== -1) throw invalidField(`messages[${odd}]`, 'must be an object');
  const model = fields.string('model');
  if (model !== undefined && model.length > longestModel) {
    throw invalidField('model', `is longer than ${longestModel} characters`);
  }
  return {
    model: model === '' ? undefined : model,
    stream: fields.boolean('stream') ?? false,
    includeUsage: true,
    choices: 1,
    serviceTier: asString(body['service_tier']),
    rate: decodeRate(body),
  };
}
