import { describe, expect, it } from 'vitest';
import { sampleValue } from './sample-value.ts';

describe('sampleValue', () => {
  it.each([
    [{ type: 'STRING' }, 'Zürich'],
    [{ type: ['integer', 'null'] }, 7],
    [{ type: 'integer', maximum: 3 }, 3],
    [{ type: 'number', minimum: 9.5 }, 9.5],
    [{ enum: ['b', 'a'] }, 'b'],
    [{ const: 0 }, 0],
    [{ anyOf: [{ type: 'boolean' }, { type: 'null' }] }, true],
    [
      { allOf: [{ properties: { a: { type: 'null' } } }, { properties: { b: { type: 'integer' } } }] },
      { a: null, b: 7 },
    ],
    [{ type: 'array', items: { type: 'boolean' }, minItems: 2 }, [true, true]],
    [{ $ref: '#/$defs/x', $defs: { x: { type: 'integer' } } }, 7],
    [{ $ref: 'https://elsewhere.test/x' }, {}],
    ['no schema', {}],
  ])('fits %j', (schema, value) => {
    expect(sampleValue(schema)).toEqual(value);
  });

  it('ends where a schema contains itself', () => {
    const node = { type: 'object', properties: { children: { type: 'array', items: { $ref: '#' } } } };
    expect(JSON.stringify(sampleValue(node))).toMatch(/^(\{"children":\[)+\]/);
    expect(sampleValue({ $ref: '#' })).toEqual({});
  });
});
