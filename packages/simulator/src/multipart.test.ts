import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMultipart } from './multipart.ts';

function form(file: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from('--xyz\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'),
    Buffer.from(
      '--xyz\r\nContent-Disposition: form-data; name="file"; filename="a b.wav"\r\nContent-Type: audio/wav\r\n\r\n',
    ),
    file,
    Buffer.from('\r\n--xyz--\r\n'),
  ]);
}

describe('parseMultipart', () => {
  it('gives back the bytes of any file', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (file) => {
        const [model, upload] = parseMultipart('multipart/form-data; boundary=xyz', form(file));
        expect(model).toMatchObject({ name: 'model', filename: undefined });
        expect(model?.body.toString()).toBe('whisper-1');
        expect(upload).toMatchObject({ name: 'file', filename: 'a b.wav', contentType: 'audio/wav' });
        expect(upload?.body.equals(file)).toBe(true);
      }),
    );
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        (bytes) => parseMultipart('multipart/form-data; boundary="-"', Buffer.from(bytes)).length < 101,
      ),
    );
    expect(parseMultipart('multipart/form-data', form(new Uint8Array()))).toEqual([]);
  });
});
