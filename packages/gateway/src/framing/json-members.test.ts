import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits, findMembers, insertMembers, renameMembers } from './json-members.ts';

const MODEL = new Set(['model']);

function find(text: string, ...keys: string[]): string[] {
  const bytes = Buffer.from(text);
  return findMembers(bytes, new Set(keys)).map(({ key, start, end }) => `${key}=${bytes.toString('utf8', start, end)}`);
}

it.each([
  ['{"dimensions":8}', '{"output_dimension":8}'],
  ['{ "input" : "a" ,\n "dimensions" :\t8.0 }', '{ "input" : "a" ,\n "output_dimension" :\t8.0 }'],
  ['{"d\\u0069mensions":8}', '{"output_dimension":8}'],
  ['{"dimensions":8,"output_dimension":4}', '{"dimensions":8,"output_dimension":4}'],
  ['{"input":{"dimensions":8}}', '{"input":{"dimensions":8}}'],
])('renameMembers in %s', (text, expected) => {
  expect(renameMembers(Buffer.from(text), { dimensions: 'output_dimension' }).toString()).toBe(expected);
});

describe('findMembers', () => {
  it.each([
    ['{}', []],
    [' {\n} ', []],
    ['{"model":"a"}', ['model="a"']],
    ['{"x":1,"model":"a"}', ['model="a"']],
    ['\r\n\t{ "x" : 1 ,\n "model" :\t"a" }\n', ['model="a"']],
    ['{"model":"a","model":"b"}', ['model="a"', 'model="b"']],
    ['{"m\\u006fdel":"a"}', ['model="a"']],
    ['{"model":null}', ['model=null']],
    ['{"model":1.0,"x":2}', ['model=1.0']],
    ['{"model":-1e400 }', ['model=-1e400']],
    ['{"model":{"model":[1,"}"]},"x":1}', ['model={"model":[1,"}"]}']],
    ['{"model":["]",[]]}', ['model=["]",[]]']],
    ['{"x":{"model":"inner"},"model":"outer"}', ['model="outer"']],
    ['{"x":["model",{"model":"inner"}]}', []],
    ['{"x":"\\"model\\":\\"no\\"","model":"yes"}', ['model="yes"']],
    ['{"x":"\\\\","model":"yes"}', ['model="yes"']],
    ['{"x":"\\\\\\"","model":"a\\\\"}', ['model="a\\\\"']],
    ['{"x":"{[","model":"a}]"}', ['model="a}]"']],
    ['{"Model":"a","model ":"b","mode":"c"}', []],
    ['{"ключ":"значение","model":"模型😀"}', ['model="模型😀"']],
    ['{"":"","model":""}', ['model=""']],
    ['{"\\"":1,"model":true}', ['model=true']],
  ])('in %s', (text, expected) => {
    expect(find(text, 'model')).toEqual(expected);
  });

  it('finds several in the order in which they stand', () => {
    expect(find('{"b":1,"a":[],"c":2,"b":{}}', 'a', 'b')).toEqual(['b=1', 'a=[]', 'b={}']);
  });

  it('finds every member of any object, with the value JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (object, indent) => {
        const bytes = Buffer.from(JSON.stringify(object, undefined, indent));
        const expected = JSON.parse(bytes.toString()) as Record<string, unknown>;
        const found = findMembers(bytes, new Set(Object.keys(expected)));
        expect(found.map(({ key }) => key)).toEqual(Object.keys(expected));
        for (const { key, start, end } of found) {
          expect(JSON.parse(bytes.toString('utf8', start, end))).toEqual(expected[key]);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('applyEdits', () => {
  it('changes the spans and nothing else', () => {
    const edits = [
      { start: 0, end: 0, text: '<' },
      { start: 2, end: 4, text: 'é' },
      { start: 4, end: 4, text: '|' },
      { start: 6, end: 6, text: '>' },
    ];
    expect(applyEdits(Buffer.from('abcdef'), edits).toString()).toBe('<abé|ef>');
    expect(applyEdits(Buffer.from('abc'), []).toString()).toBe('abc');
  });

  it('changes only the model of any object, and no other byte', () => {
    const others = fc.dictionary(
      fc.string().filter((key) => key !== 'model'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(
        others,
        others,
        fc.jsonValue(),
        fc.string(),
        fc.constantFrom(undefined, 2),
        (before, after, old, model, indent) => {
          const whole = { ...before, model: old, ...after };
          const bytes = Buffer.from(JSON.stringify(whole, undefined, indent));
          const [span] = findMembers(bytes, MODEL);
          const edited = applyEdits(bytes, [{ ...span!, text: JSON.stringify(model) }]);
          expect(JSON.parse(edited.toString())).toEqual({ ...JSON.parse(bytes.toString()), model });
          const tail = bytes.length - span!.end;
          expect(edited.subarray(0, span!.start).equals(bytes.subarray(0, span!.start))).toBe(true);
          expect(edited.subarray(edited.length - tail).equals(bytes.subarray(span!.end))).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('insertMembers', () => {
  const insert = (text: string, ...members: [string, string][]): string => {
    const bytes = Buffer.from(text);
    return applyEdits(bytes, [insertMembers(bytes, members)]).toString();
  };

  it.each([
    ['{"x":1}', '{"model":"a","x":1}'],
    [' { "x" : 1 } ', ' {"model":"a", "x" : 1 } '],
    ['{}', '{"model":"a"}'],
    ['{\n }\n', '{"model":"a"\n }\n'],
  ])('into %j', (text, expected) => {
    expect(insert(text, ['model', '"a"'])).toBe(expected);
  });

  it('inserts several with the commas they need', () => {
    expect(insert('{}', ['a', '1'], ['b"', '2'])).toBe('{"a":1,"b\\"":2}');
    expect(insert('{"c":3}', ['a', '1'], ['b', '2'])).toBe('{"a":1,"b":2,"c":3}');
  });
});
