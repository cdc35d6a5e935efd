import { describe, expect, it } from 'vitest';
import { keptBody } from './kept-body.ts';

const kept = (text: string, maxBytes = 1_024) => keptBody(Buffer.from(text), maxBytes);

describe('what is kept of a body', () => {
  it('is the body where nothing has to be masked', () => {
    const text = '{"messages":[{"role":"user","content":"Grüße 🙂"}]}';
    expect(kept(text)).toEqual({ text, bytes: Buffer.byteLength(text), isCut: false });
  });

  it.each([
    ['a key', 'my key is sk-abcdefghijklmnop1234', '[API_KEY]'],
    ['a key in escapes', 'my key is \\u0073\\u006b-abcdefghijklmnop1234', '[API_KEY]'],
    ['a token', 'Authorization: Bearer abcdef0123456789', '[TOKEN]'],
    ['an escaped slash in a token', 'Bearer abc\\/def0123456789', '[TOKEN]'],
    ['a password', '"password": "correct-horse"', '[SECRET]'],
    ['an address', 'write to jane.doe@example.com', '[EMAIL]'],
    ['a picture', `data:image/png;base64,${'iVBORw0KGgo'.repeat(200)}==`, '[DATA]'],
  ])('has no %s', (_, text, mask) => {
    const { text: masked } = kept(JSON.stringify({ content: text }).replaceAll('\\\\', '\\'));
    expect(masked).toContain(mask);
    expect(masked).not.toMatch(/abcdef|def0123|correct-horse|jane|iVBOR/);
  });

  it('is cut, and never within a character', () => {
    const { bytes, isCut, text } = kept('ü'.repeat(1_000), 1_023);
    expect({ bytes, isCut, length: text.length }).toEqual({ bytes: 2_000, isCut: true, length: 511 });
  });

  it('has no secret that lies where it was cut', () => {
    for (let shift = 0; shift < 40; shift++) {
      const { text } = kept(
        `${'x '.repeat(2_040 - shift)}sk-abcdefghijklmnop1234567890abcdefghij${' y'.repeat(4_000)}`,
        2_048,
      );
      expect(text).not.toContain('abc');
      const { text: early } = kept(
        `${'x '.repeat(1_010 + shift)}sk-abcdefghijklmnop1234567890abcdefghij${' y'.repeat(9_000)}`,
        2_048,
      );
      expect(early).not.toContain('abc');
    }
  });

  it('is made in time that grows with the length alone', () => {
    const { text } = kept('eyJ-'.repeat(500_000), 65_536);
    expect(text.length).toBeLessThanOrEqual(65_536);
  });
});
