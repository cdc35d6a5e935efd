import { GatewayError } from '../../canonical/gateway-error.ts';
import { asString, isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { parseExact, writeExact } from '../../framing/exact-json.ts';
import type { AnswerKeeping, InputReading, KeptItem } from '../answer-keeping.ts';
import { isMadeId, makeInputId, namesMadeId } from './ids.ts';

/** Stored responses: `store`, `previous_response_id` and `item_reference`. */
export const responsesKeeping: AnswerKeeping = {
  readReferences(body) {
    const previous = asString(body['previous_response_id']);
    const items = objectsIn(body['input']).flatMap((item) => referenceOf(item) ?? []);
    return { previous, items };
  },
  isOwnId: isMadeId,
  namesOwnId: namesMadeId,
  isWanted: (body) => body['store'] !== false,
  readInput(body, reading) {
    return itemsOf(body['input']).map((item, index) => {
      const reference = referenceOf(item);
      const recalled = reference === undefined ? undefined : reading.recalled.get(reference);
      return recalled ?? keptItem(item, index, reading);
    });
  },
  withInput(body, input, previous) {
    const items = parseExact(`[${input.map(({ json }) => json).join(',')}]`);
    return { ...body, input: items, previous_response_id: previous };
  },
  readAnswer(answer) {
    const items = objectsIn(answer['output']).map((item) => ({
      id: asString(item['id']) ?? '',
      json: writeExact(item),
    }));
    return { id: asString(answer['id']) ?? '', items };
  },
  missingAnswer: (id) =>
    new GatewayError('invalid_request', `Previous response with id '${shown(id)}' not found. ${WHY_GONE}`, {
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    }),
  missingItem: (id) =>
    new GatewayError('not_found', `Item with id '${shown(id)}' not found. ${WHY_GONE}`, { param: 'input' }),
};

const WHY_GONE =
  'The gateway keeps responses for a while only, in memory, for the key that made them: those made with `store: false`, deleted, too old, too large, or from before a restart are gone. Send the conversation itself as `input`.';

/** An id of the caller's as it may stand in a message. */
function shown(id: string): string {
  return id.slice(0, 100).replace(/[^\x21-\x7e]/g, '?');
}

/** References may go without a type, as an id alone. */
function referenceOf(item: JsonObject): string | undefined {
  const { type = null, id } = item;
  const isReference = type === 'item_reference' || (type === null && !('role' in item) && !('content' in item));
  return isReference ? asString(id) : undefined;
}

function itemsOf(input: unknown): readonly JsonObject[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }];
  return Array.isArray(input) ? input.filter(isObject) : [];
}

function keptItem(item: JsonObject, index: number, { idSeed }: InputReading): KeptItem {
  const type = asString(item['type']) ?? 'message';
  const given = asString(item['id']) ?? '';
  const id = given === '' ? makeInputId(type, idSeed, index) : given;
  const content = type === 'message' ? { content: contentOf(item) } : {};
  return { id, json: writeExact({ ...item, id, type, ...content }) };
}

/** Lists show the content of messages always as parts. */
function contentOf({ role, content }: JsonObject): unknown {
  if (typeof content !== 'string') return content;
  return role === 'assistant'
    ? [{ type: 'output_text', text: content, annotations: [] }]
    : [{ type: 'input_text', text: content }];
}
