import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findMultipartModel,
  multipartBoundary,
  multipartSearchLimit,
  readMultipartCount,
  readMultipartModel,
} from './multipart-model.ts';

const boundary = 'X-form-1';

function field(name: string, value: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}

function file(content: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="model"\r\nContent-Type: audio/wav\r\n\r\n${content}\r\n`;
}

const close = `--${boundary}--\r\n`;

/** The found values as text, or the kind of the answer. */
function found(bytes: Buffer): string | { model: string; stream: string | undefined } {
  const result = findMultipartModel(boundary, bytes);
  if (result.kind !== 'found') return result.kind;
  const { model, stream } = result;
  return {
    model: bytes.toString('utf8', model.start, model.end),
    stream: stream === undefined ? undefined : bytes.toString('utf8', stream.start, stream.end),
  };
}

describe('findMultipartModel', () => {
  const forms: readonly [string, string, ReturnType<typeof found>][] = [
    ['model first', field('model', 'whisper-1') + file('RIFF') + close, { model: 'whisper-1', stream: undefined }],
    [
      'model last',
      file('RIFF\r\n\r\n--X-form-12\r\n--X') + field('model', 'whisper-1') + close,
      { model: 'whisper-1', stream: undefined },
    ],
    ['stream before', field('stream', 'true') + field('model', 'm') + close, { model: 'm', stream: 'true' }],
    ['empty model', field('model', '') + close, { model: '', stream: undefined }],
    [
      'a file called model',
      `--${boundary}\r\nContent-Disposition: form-data; name="model"; filename="a"\r\n\r\nx\r\n${close}`,
      'absent',
    ],
    ['no model', field('language', 'en') + file('name="model"') + close, 'absent'],
    ['no parts', close, 'absent'],
    ['a preamble', `Ignore this.\r\n${field('model', 'm')}${close}`, { model: 'm', stream: undefined }],
    [
      'odd spelling',
      `--${boundary} \t\r\nX: y\r\ncontent-disposition:form-data ; name=model\r\n\r\nm\r\n${close}`,
      { model: 'm', stream: undefined },
    ],
    ['no headers', `--${boundary}\r\n\r\ntext\r\n${field('model', 'm')}${close}`, { model: 'm', stream: undefined }],
    ['the first of two', field('model', 'a') + field('model', 'b') + close, { model: 'a', stream: undefined }],
    ['lines within', field('model', 'a\r\nb') + close, { model: 'a\r\nb', stream: undefined }],
  ];

  it.each(forms)('%s', (_name, form, expected) => {
    expect(found(Buffer.from(form))).toEqual(expected);
  });

  it.each(forms)('%s: at every split it asks for more or says the same', (_name, form, expected) => {
    const bytes = Buffer.from(form);
    for (let length = 0; length < bytes.length; length++) {
      const early = found(bytes.subarray(0, length));
      if (early === 'need_more') continue;
      expect(early, `after ${length} bytes`).toEqual(expected);
    }
  });

  it('finds a stream field behind the model when its bytes are there', () => {
    expect(found(Buffer.from(field('model', 'm') + field('stream', 'true') + close))).toEqual({
      model: 'm',
      stream: 'true',
    });
  });

  it('gives up at its limit', () => {
    const large = Buffer.from(file('x'.repeat(multipartSearchLimit)) + field('model', 'm') + close);
    expect(found(large)).toBe('absent');
    expect(found(large.subarray(0, multipartSearchLimit - 1))).toBe('need_more');
    expect(found(large.subarray(0, multipartSearchLimit))).toBe('absent');
    expect(found(Buffer.from(field('model', 'm') + file('x'.repeat(multipartSearchLimit)) + close))).toMatchObject({
      model: 'm',
    });
  });

  it('gives any value back, and never one beyond the bytes', () => {
    const value = fc.string({
      unit: fc.constantFrom('a', '\r', '\n', '-', 'X', '"', ';', '--X-form-', 'é'),
      maxLength: 30,
    });
    fc.assert(
      fc.property(value, value, (before, model) => {
        fc.pre(
          !`${before}\r\n${model}`.includes(`--${boundary}`) &&
            !before.endsWith(`--X-form-`) &&
            !model.endsWith('--X-form-'),
        );
        expect(found(Buffer.from(field('prompt', before) + field('model', model) + close))).toEqual({
          model,
          stream: undefined,
        });
      }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('\r\n', `--${boundary}`, '--', 'Content-Disposition: form-data; name="model"', 'x')),
        (parts) => {
          const bytes = Buffer.from(parts.join(''));
          const result = findMultipartModel(boundary, bytes);
          if (result.kind !== 'found') return;
          expect(result.model.start).toBeLessThanOrEqual(result.model.end);
          expect(result.model.end).toBeLessThanOrEqual(bytes.length);
        },
      ),
    );
  });
});

describe('readMultipartCount', () => {
  const n = (value: string) => field('n', value);
  it.each([
    ['the field', n('4') + file('x') + close, 4],
    ['the largest of two', n('2') + n('3') + close, 3],
    ['none in a whole form', file('x') + close, 1],
    ['none before the end of what is there', field('model', 'm') + file('x'), undefined],
    ['one that is there before the end is', n('2') + file('x'), 2],
    ['no number', n('ten') + close, undefined],
    ['nothing', n('') + close, undefined],
    ['no form', 'n=4', undefined],
  ])('%s', (_, form, expected) => expect(readMultipartCount(boundary, Buffer.from(form), 'n')).toBe(expected));
});

describe('readMultipartModel', () => {
  it.each([
    [field('model', 'whisper-1') + field('stream', 'true') + close, { model: 'whisper-1', stream: true }],
    [file('x') + field('model', 'whisper-1') + field('stream', 'false') + close, { model: 'whisper-1', stream: false }],
    [field('model', '') + close, { model: undefined, stream: false }],
    [file('x') + close, { model: undefined, stream: false }],
    ['', { model: undefined, stream: false }],
  ])('reads %j', (form, facts) => {
    expect(readMultipartModel(boundary, Buffer.from(form))).toMatchObject(facts);
  });

  it('tells where the model lies', () => {
    const form = Buffer.from(file('x') + field('model', 'whisper-1') + close);
    const { modelSpan } = readMultipartModel(boundary, form);
    expect(form.toString('utf8', modelSpan?.start, modelSpan?.end)).toBe('whisper-1');
    expect(readMultipartModel(boundary, Buffer.from(close)).modelSpan).toBeUndefined();
  });

  it('takes no form that could mean two models, or a model without end', () => {
    const twice = Buffer.from(field('model', 'a') + file('x') + field('model', 'b') + close);
    expect(() => readMultipartModel(boundary, twice)).toThrow('twice');
    const long = Buffer.from(field('model', 'a'.repeat(257)) + close);
    expect(() => readMultipartModel(boundary, long)).toThrow('longer');
  });
});

describe('multipartBoundary', () => {
  it.each([
    ['multipart/form-data; boundary=abc', 'abc'],
    ['Multipart/Form-Data;charset=utf-8; Boundary="a b:c"', 'a b:c'],
    ['multipart/form-data; boundary=----WebKitFormBoundaryX', '----WebKitFormBoundaryX'],
    ['multipart/form-data', undefined],
    ['multipart/form-data; boundary=', undefined],
    [`multipart/form-data; boundary=${'a'.repeat(71)}`, undefined],
    ['multipart/form-data; boundary="a\tb"', undefined],
    ['multipart/mixed; boundary=abc', undefined],
    ['application/json', undefined],
    [undefined, undefined],
  ])('%s: %s', (contentType, expected) => {
    expect(multipartBoundary(contentType)).toBe(expected);
  });
});
