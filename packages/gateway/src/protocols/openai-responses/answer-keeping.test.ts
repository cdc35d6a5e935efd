import { describe, expect, it } from 'vitest';
import { ExactNumber } from '../../framing/exact-json.ts';
import type { KeptItem } from '../answer-keeping.ts';
import { responsesKeeping as keeping } from './answer-keeping.ts';
import { makeItemId, responseId } from './ids.ts';

const read = (input: unknown, recalled: readonly KeptItem[] = []) =>
  keeping.readInput({ input }, { recalled: new Map(recalled.map((item) => [item.id, item])), idSeed: 'x1' });
const values = (items: readonly KeptItem[]) => items.map(({ json }) => JSON.parse(json) as unknown);

describe('ids', () => {
  it.each([
    [responseId(undefined, 'x1'), true],
    [makeItemId('msg', 'x1', 0), true],
    [makeItemId('rs', 'x1', 0), true],
    ['resp_67ccd2bed1ec8190', false],
    ['msg_67ccd2bed_gw', false],
  ])('tell whose they are: %s', (id, isOwn) => {
    expect(keeping.isOwnId(id)).toBe(isOwn);
    expect(keeping.namesOwnId(Buffer.from(`{"input":[{"id" : "${id}"}]}`))).toBe(isOwn);
    expect(keeping.namesOwnId(Buffer.from(`{"previous_response_id":"${id}"}`))).toBe(isOwn);
  });

  it('are not seen in what somebody says', () => {
    expect(keeping.namesOwnId(Buffer.from('{"input":"what is \\"id\\":\\"resp_gw1\\"? or api_gw"}'))).toBe(false);
  });
});

describe('references', () => {
  it('are found, with and without a type', () => {
    const input = [
      { type: 'item_reference', id: 'a' },
      { id: 'b' },
      { role: 'user', content: 'Hi', id: 'c' },
      { type: 'reasoning', id: 'd', summary: [] },
    ];
    expect(keeping.readReferences({ input, previous_response_id: 'resp_1' })).toEqual({
      previous: 'resp_1',
      items: ['a', 'b'],
    });
    expect(keeping.readReferences({ input: 'Hi', previous_response_id: null })).toEqual({
      previous: undefined,
      items: [],
    });
  });

  it('are replaced where the item is known', () => {
    const known = { id: 'a', json: '{"type":"message","id":"a"}' };
    const items = read(
      [
        { type: 'item_reference', id: 'b' },
        { type: 'item_reference', id: 'a' },
      ],
      [known],
    );
    expect(values(items)).toEqual([
      { type: 'item_reference', id: 'b' },
      { type: 'message', id: 'a' },
    ]);
  });
});

describe('items of a request', () => {
  it('have ids, each another, and messages have parts', () => {
    const items = read([
      { role: 'user', content: 'Hi' },
      { type: 'message', role: 'assistant', content: 'Hello', id: 'mine' },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: 'x' },
      { type: 'reasoning', summary: [], encrypted_content: 'e' },
    ]);
    expect(values(items)).toMatchObject([
      { id: 'msg_gwx1i_0', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
      { id: 'mine', role: 'assistant', content: [{ type: 'output_text', text: 'Hello', annotations: [] }] },
      { id: 'fc_gwx1i_2', call_id: 'c' },
      { id: 'in_gwx1i_3', output: 'x' },
      { id: 'rs_gwx1i_4', encrypted_content: 'e' },
    ]);
    expect(items.map(({ id }) => id)).toEqual(values(items).map((item) => (item as KeptItem).id));
  });

  it('are one message where the request has text only, and none where it has nothing', () => {
    expect(values(read('Hi'))).toMatchObject([{ role: 'user', content: [{ text: 'Hi' }] }]);
    expect(read(undefined)).toEqual([]);
  });

  it('come back as they were, numbers too', () => {
    const [item] = read([{ type: 'mcp_call', id: 'm', cost: new ExactNumber('1.0') }]);
    expect(item!.json).toContain('"cost":1.0');
    const { input } = keeping.withInput({ model: 'm', previous_response_id: 'p' }, [item!], undefined);
    expect(input).toMatchObject([{ cost: new ExactNumber('1.0') }]);
  });
});

it('an id that nobody has is quoted no longer than any id, and without odd characters', () => {
  const { message } = keeping.missingAnswer(`a\n${'x'.repeat(500)}`);
  expect(message).toMatch(/^Previous response with id 'a\?x{98}' not found\. /);
});
