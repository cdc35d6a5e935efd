import { describe, expect, it } from 'vitest';
import { fieldToken } from './header-field.ts';
import { HeaderLines } from './header-lines.ts';

describe('the lines of headers', () => {
  const lines = new HeaderLines(fieldToken);

  it('say what they are asked for, whatever was kept', () => {
    const long = 'a'.repeat(1_000);
    for (const value of ['1', '1', '2', long, long, '', '\t\u00ff', '1']) {
      expect(lines.of('x-a', value)).toBe(`x-a: ${value}\r\n`);
    }
  });

  it.each(['1\r\nx-b: 2', '1\n', '\u0000', '\u0100'])('never hold the value %j', (value) => {
    expect(lines.of('x-new', value)).toBeUndefined();
    expect(lines.of('x-a', value)).toBeUndefined();
    expect(lines.of('x-a', '1')).toBe('x-a: 1\r\n');
  });

  it.each(['', 'x a', 'x:', 'x\n', '\u00e9'])('never have the name %j', (name) => {
    expect(lines.of(name, '1')).toBeUndefined();
    expect(lines.of(name, '1')).toBeUndefined();
  });

  it('are made of more names than are kept', () => {
    for (let index = 0; index < 2_000; index++) expect(lines.of(`x-${index}`, '1')).toBe(`x-${index}: 1\r\n`);
  });
});
