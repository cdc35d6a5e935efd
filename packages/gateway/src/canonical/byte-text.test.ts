import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteText } from './byte-text.ts';

const textOf = (text: ByteText): string => Buffer.from(text.view()).toString();

it('writes whole numbers as JSON does', () => {
  const text = new ByteText();
  fc.assert(
    fc.property(
      fc.oneof(fc.maxSafeNat(), fc.nat(2_000), fc.constantFrom(999_999_999, 1e9, 1e10, 2 ** 53 - 1)),
      (count) => {
        text.length = 0;
        text.digits(count);
        expect(textOf(text)).toBe(`${count}`);
      },
    ),
  );
});

it('writes a name as JSON does, or nothing', () => {
  const text = new ByteText();
  fc.assert(
    fc.property(fc.oneof(fc.uuid(), fc.string(), fc.string({ unit: 'binary' })), (name) => {
      text.length = 0;
      const isWritten = text.name(name);
      expect(textOf(text)).toBe(isWritten ? JSON.stringify(name) : '');
      if (/^[\w.:/-]*$/.test(name)) expect(isWritten).toBe(true);
    }),
  );
});

it('grows with what is appended, and forgets nothing', () => {
  const text = new ByteText();
  const pieces = Array.from({ length: 60 }, (_, index) => Buffer.from(`${index};`.repeat(index * 20)));
  for (const piece of pieces) text.append(piece);
  expect(textOf(text)).toBe(Buffer.concat(pieces).toString());
  text.length = 0;
  text.copy(Buffer.from('short'));
  expect(textOf(text)).toBe('short');
});
