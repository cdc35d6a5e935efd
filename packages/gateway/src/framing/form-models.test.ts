import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormModels } from './form-models.ts';

const boundary = 'X-form-1';
const field = (name: string, value: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const file = (content: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="model"\r\n\r\n${content}\r\n`;
const close = `--${boundary}--\r\n`;
const content = `RIFF\r\n--X-form-12\r\n\r\n--X-form\r\n${field('x', '').replaceAll('\r\n', '\n')}--${boundary}`;

/** Whether it names a model twice, in pieces that end there. */
function isRepeated(form: string, ends: readonly number[] = []): boolean {
  const models = new FormModels(boundary);
  const bytes = Buffer.from(form);
  const sorted = [...new Set(ends.map((end) => end % bytes.length))].sort((one, other) => one - other);
  try {
    for (const [index, end] of [...sorted, bytes.length].entries()) {
      models.push(bytes.subarray(index === 0 ? 0 : sorted[index - 1], end));
    }
    return false;
  } catch (error) {
    expect(error).toMatchObject({ kind: 'invalid_request', message: 'The form names `model` twice.' });
    return true;
  }
}

const forms: readonly [string, string, boolean][] = [
  ['one model', field('model', 'a') + file(content) + field('language', 'en') + close, false],
  ['a second one behind a file', field('model', 'a') + file(content) + field('model', 'b') + close, true],
  ['a second one at once', field('model', 'a') + field('model', '') + close, true],
  [
    'a second one after blanks',
    field('model', 'a') + field('model', 'b').replace('-1\r\n', '-1 \t \r\n') + close,
    true,
  ],
  [
    'a second one behind a part without a head',
    `${field('model', 'a')}--${boundary}\r\n\r\ntext\r\n${field('model', 'b')}${close}`,
    true,
  ],
  ['a file called model', field('model', 'a') + file('x').replace('name="file"', 'name="model"') + close, false],
  ['one in a file', field('model', 'a') + file(`a${field('model', 'b')}`.replace('\r\n', '')) + close, false],
  ['one behind the end', field('model', 'a') + close + field('model', 'b'), false],
  ['one that is no line of its own', `x${field('model', 'a')}${field('model', 'b')}${close}`, false],
];

describe('a form that flows', () => {
  it.each(forms)('with %s', (_what, form, expected) => {
    expect(isRepeated(form)).toBe(expected);
    for (let at = 1; at < form.length; at++) expect(isRepeated(form, [at]), `split at ${at}`).toBe(expected);
    expect(
      isRepeated(
        form,
        Array.from({ length: form.length }, (_, at) => at),
      ),
    ).toBe(expected);
  });

  it('is understood the same in whatever pieces it comes', () => {
    const piece = fc.constantFrom(
      field('model', 'a'),
      field('n', '1'),
      file(content),
      close,
      `--${boundary}`,
      '\r\n',
      '--',
      ' ',
      'name="model"\r\n\r\n',
      '\r\n--',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (parts, ends) => {
          const form = parts.join('');
          expect(isRepeated(form, ends)).toBe(isRepeated(form));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([`--${boundary}\r\nX-A: `, `--${boundary}`])('ends where a head does not: %j', (beginning) => {
    const models = new FormModels(boundary);
    models.push(Buffer.from(beginning));
    expect(() => {
      for (let count = 0; count < 40; count++) models.push(Buffer.alloc(1_000, ' '));
    }).toThrow('head does not end');
  });
});
