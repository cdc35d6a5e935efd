import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editRequest } from './request-edits.ts';

const edit = (text: string, model: string | undefined, includeUsage = false): string =>
  editRequest(Buffer.from(text), { model, includeUsage }).toString();

describe('editRequest', () => {
  it('returns the very same bytes when there is nothing to change', () => {
    const bytes = Buffer.from('{"model":"a"}');
    expect(editRequest(bytes, { model: undefined, includeUsage: false })).toBe(bytes);
  });

  it.each([
    ['{"x":1}', '{"model":"new","x":1}'],
    ['{"model":null,"x":1}', '{"model":"new","x":1}'],
    ['{"model":"","x":1}', '{"model":"new","x":1}'],
    ['{ "model" : "old" }', '{ "model" : "new" }'],
    ['{"model":"new"}', '{"model":"new"}'],
    ['{"model":"a","x":{"model":"b"},"model":"c"}', '{"model":"new","x":{"model":"b"},"model":"new"}'],
    ['{"\\u006dodel":"a"}', '{"\\u006dodel":"new"}'],
    ['{}', '{"model":"new"}'],
    ['{"seed":12345678901234567890,"t":1.0,"z":-0}', '{"model":"new","seed":12345678901234567890,"t":1.0,"z":-0}'],
  ])('sends %s with another model', (text, expected) => {
    expect(edit(text, 'new')).toBe(expected);
  });

  it('writes a model name as JSON', () => {
    expect(edit('{"model":"a"}', 'we"ird\\é')).toBe('{"model":"we\\"ird\\\\é"}');
  });

  it.each([
    ['{"x":1}', '{"stream_options":{"include_usage":true},"x":1}'],
    ['{"stream_options":null}', '{"stream_options":{"include_usage":true}}'],
    ['{"stream_options":{}}', '{"stream_options":{"include_usage":true}}'],
    ['{"stream_options":{"include_usage":false}}', '{"stream_options":{"include_usage":true}}'],
    ['{"stream_options": { "include_usage" : null }}', '{"stream_options": { "include_usage" : true }}'],
    [
      '{"stream_options":{"big":12345678901234567890}}',
      '{"stream_options":{"include_usage":true,"big":12345678901234567890}}',
    ],
    [
      '{"stream_options":{"a":{"include_usage":0},"b":1.0}}',
      '{"stream_options":{"include_usage":true,"a":{"include_usage":0},"b":1.0}}',
    ],
    [
      '{"stream_options":{"include_usage":false,"include_usage":false}}',
      '{"stream_options":{"include_usage":true,"include_usage":true}}',
    ],
    [
      '{"stream_options":{},"x":1,"stream_options":null}',
      '{"stream_options":{"include_usage":true},"x":1,"stream_options":{"include_usage":true}}',
    ],
    ['{"x":{"stream_options":{}}}', '{"stream_options":{"include_usage":true},"x":{"stream_options":{}}}'],
  ])('asks for usage in %s', (text, expected) => {
    expect(edit(text, undefined, true)).toBe(expected);
  });

  it.each([
    ['{"x":1}', '{"model":"new","stream_options":{"include_usage":true},"x":1}'],
    ['{}', '{"model":"new","stream_options":{"include_usage":true}}'],
    ['{"stream_options":{},"model":"a"}', '{"stream_options":{"include_usage":true},"model":"new"}'],
    ['{"model":"a","stream_options":{"z":[1]}}', '{"model":"new","stream_options":{"include_usage":true,"z":[1]}}'],
    ['{"stream_options":{}}', '{"model":"new","stream_options":{"include_usage":true}}'],
    ['{"model":"a"}', '{"stream_options":{"include_usage":true},"model":"new"}'],
  ])('does both in %s', (text, expected) => {
    expect(edit(text, 'new', true)).toBe(expected);
  });

  it('changes of any object what it was told to, and nothing else', () => {
    const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
    const options = fc.oneof(fc.constant(null), fc.dictionary(fc.string(), fc.jsonValue()));
    const body = fc.record({ model: maybe(fc.option(fc.string())), stream_options: maybe(options), z: fc.jsonValue() });
    const rest = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(
        body,
        rest,
        maybe(fc.string()),
        fc.boolean(),
        fc.constantFrom(undefined, 1),
        (known, others, model, usage, indent) => {
          const text = JSON.stringify({ ...others, ...known }, undefined, indent);
          const before = JSON.parse(text);
          const expected = {
            ...before,
            ...(model === undefined ? {} : { model }),
            ...(usage ? { stream_options: { ...before.stream_options, include_usage: true } } : {}),
          };
          expect(JSON.parse(edit(text, model, usage))).toEqual(expected);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
