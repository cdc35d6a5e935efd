import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LearntFields } from './learnt-fields.ts';
import { parseResponseHead } from './response-head.ts';

const headOf = (...lines: string[]): string => ['HTTP/1.1 200 OK', ...lines].join('\r\n');

/** What a head says, or why it is none. */
function read(text: string, fields: LearntFields): unknown {
  try {
    return parseResponseHead(text, fields);
  } catch (error) {
    return (error as Error).message;
  }
}

describe('headers learnt from an upstream', () => {
  it('read as if nothing were known, whatever came before', () => {
    const name = fc.constantFrom(
      'a',
      'A',
      'ab',
      'content-length',
      'Connection',
      'keep-alive',
      'x-long-name',
      'x y',
      '',
    );
    const value = fc.constantFrom(
      '',
      '1',
      '12',
      ' 1',
      '1 ',
      'close',
      'keep-alive, x-long-name',
      'a'.repeat(300),
      '\0',
      'é',
    );
    const colon = fc.constantFrom(':', ': ', '', ' :');
    const line = fc.tuple(name, colon, value).map((parts) => parts.join(''));
    const end = fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\n ');
    const head = fc
      .array(fc.tuple(end, line), { maxLength: 5 })
      .map((lines) => `HTTP/1.1 200 OK${lines.map((parts) => parts.join('')).join('')}`);
    fc.assert(
      fc.property(fc.array(head, { minLength: 2, maxLength: 30 }), (heads) => {
        const fields = new LearntFields();
        for (const text of heads) expect(read(text, fields)).toEqual(read(text, new LearntFields()));
      }),
      { numRuns: 2_000 },
    );
  });

  it('tell a value from one that goes on where the other ended', () => {
    const fields = new LearntFields();
    for (const value of ['ab', 'a', 'abc', 'ab', 'a', '']) {
      const text = headOf(`x-a: ${value}`, 'x-b: 1');
      expect(read(text, fields)).toMatchObject({ rawHeaders: ['x-a', value, 'x-b', '1'] });
    }
  });

  it('are refused again where they were refused', () => {
    const fields = new LearntFields();
    read(headOf('x-a: 1'), fields);
    for (const bad of ['x-a: \u0001', 'x-a : 1', 'x-a: 1\nx-b: 2', 'x-a 1']) {
      const first = read(headOf(bad), fields);
      expect(first).toBeTypeOf('string');
      expect(read(headOf(bad), fields)).toBe(first);
    }
    expect(read(headOf('x-a: 1'), fields)).toMatchObject({ rawHeaders: ['x-a', '1'] });
  });

  it('are the same strings each time, so that who knows them compares no characters', () => {
    const fields = new LearntFields();
    fields.begin();
    const first = fields.read('x-a: 1', 0);
    fields.begin();
    const again = fields.read('x-a: 2', 0);
    expect(again).toBe(first);
    expect([again.name, fields.value, fields.end]).toEqual(['x-a', '2', 6]);
  });

  it('that say something else each time are no longer expected to say the same', () => {
    const fields = new LearntFields();
    const lineAfter = (text: string): string => {
      fields.begin();
      return fields.read(text, 0).line;
    };
    for (let index = 0; index < 8; index++) expect(lineAfter(`x-a: ${index}`)).toBe(`x-a: ${index}`);
    expect(lineAfter('x-a: other')).toBe('');
    expect(lineAfter('x-a: other')).toBe('');
    expect(lineAfter('x-b: 1')).toBe('x-b: 1');
  });

  it('are kept of so many names only, and of none that is long', () => {
    const fields = new LearntFields();
    const fieldOf = (name: string): unknown => {
      fields.begin();
      fields.read('between: 1', 0);
      fields.begin();
      return fields.read(`${name}: 1`, 0);
    };
    expect(fieldOf('x'.repeat(65))).not.toBe(fieldOf('x'.repeat(65)));
    expect(fieldOf('x-first')).toBe(fieldOf('x-first'));
    for (let index = 0; index < 600; index++) fieldOf(`x-${index}`);
    expect(fieldOf('x-first')).toBe(fieldOf('x-first'));
    expect(fieldOf('x-599')).not.toBe(fieldOf('x-599'));
    expect(read(headOf('x-599: 1'), fields)).toMatchObject({ rawHeaders: ['x-599', '1'] });
  });
});
