import { asString, isObject, type JsonObject } from '../../canonical/json.ts';
import type { ChatFacts } from '../protocol.ts';
import { invalidField, RequestFields } from '../request-fields.ts';

/** What routing needs of a body. */
export function readFacts(body: JsonObject): ChatFacts {
  const fields = new RequestFields(body, '');
  checkInput(fields);
  return {
    model: fields.string('model'),
    stream: fields.boolean('stream') ?? false,
    includeUsage: true,
    choices: 1,
    serviceTier: asString(body['service_tier']),
  };
}

function checkInput(fields: RequestFields): void {
  const input = fields.value('input');
  if (typeof input === 'string') return;
  if (input !== undefined && !Array.isArray(input)) throw invalidField('input', 'must be a string or an array');
  // What is said may lie with the provider, or in the instructions.
  const isSaidElsewhere = ['previous_response_id', 'conversation', 'prompt', 'instructions'].some((key) =>
    fields.has(key),
  );
  if (input === undefined) {
    if (!isSaidElsewhere) throw invalidField('input', 'is required');
    return;
  }
  if (input.length === 0 && !isSaidElsewhere) throw invalidField('input', 'must not be empty');
  const odd = input.findIndex((item) => !isObject(item));
  if (odd !== -1) throw invalidField(`input[${odd}]`, 'must be an object');
}
