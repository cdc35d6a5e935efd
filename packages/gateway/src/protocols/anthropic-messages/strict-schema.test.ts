import { describe, expect, it } from 'vitest';
import { strictSchema } from './strict-schema.ts';

describe('strict schemas', () => {
  it('close every object, wherever it stands', () => {
    const open = { type: 'object', properties: { type: { type: 'string' } } };
    const closed = { ...open, additionalProperties: false };
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: ['object', 'null'],
      properties: { list: { type: 'array', items: open }, either: { oneOf: [open, { type: 'null' }] } },
      required: ['list'],
      $defs: { open },
    };
    expect(strictSchema(schema)).toEqual({
      type: ['object', 'null'],
      properties: { list: { type: 'array', items: closed }, either: { anyOf: [closed, { type: 'null' }] } },
      required: ['list'],
      $defs: { open: closed },
      additionalProperties: false,
    });
  });

  it('tell in words what cannot be demanded', () => {
    const schema = { type: 'string', minLength: 2, format: 'phone', description: 'A number.', enum: ['a'] };
    expect(strictSchema(schema)).toEqual({
      type: 'string',
      description: 'A number.\n\n{"minLength":2,"format":"phone"}',
      enum: ['a'],
    });
    expect(strictSchema({ type: 'array', minItems: 1, maxItems: 3 })).toEqual({
      type: 'array',
      minItems: 1,
      description: '{"maxItems":3}',
    });
    expect(strictSchema({ type: 'string', format: 'date', pattern: '^a' })).toMatchObject({ format: 'date' });
  });

  it('leave properties alone that are called like keywords', () => {
    const schema = { type: 'object', properties: { minimum: { type: 'integer' }, format: { type: 'string' } } };
    expect(strictSchema(schema)).toEqual({ ...schema, additionalProperties: false });
  });

  it('leave objects of free form for the provider to refuse', () => {
    const schema = { type: 'object', additionalProperties: { type: 'string' } };
    expect(strictSchema(schema)).toEqual(schema);
    expect(strictSchema(true)).toBe(true);
  });
});
