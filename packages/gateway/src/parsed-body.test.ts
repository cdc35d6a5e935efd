import { describe, expect, it } from 'vitest';
import { ParsedBody } from './parsed-body.ts';

describe('ParsedBody', () => {
  it('is whole when nothing was left out', () => {
    const value = { a: 1 };
    expect(new ParsedBody(value).whole).toBe(value);
  });

  it('parses the whole body once, for who asks', () => {
    const parsed = new ParsedBody({ a: '' }, Buffer.from('{"a":"text"}'));
    expect(parsed.outline).toEqual({ a: '' });
    expect(parsed.whole).toEqual({ a: 'text' });
    expect(parsed.whole).toBe(parsed.whole);
  });
});
