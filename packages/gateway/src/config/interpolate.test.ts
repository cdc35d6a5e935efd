import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyDocument } from './config-document.ts';
import { createFindings } from './findings.ts';
import { interpolate, interpolateText, unset } from './interpolate.ts';

const variable = (name: string) => `\${${name}}`;

function run(document: unknown, env: Record<string, string> = {}) {
  const findings = createFindings(emptyDocument);
  return { ...interpolate(document, env, findings), notices: findings.notices };
}

describe('interpolate', () => {
  it('never changes text without a placeholder', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => !text.includes('${')),
        (text) => {
          expect(interpolateText(text, { A: 'x' })).toEqual({ text });
        },
      ),
    );
  });

  it('never lets a value become structure', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        expect(run({ key: variable('A'), list: [variable('A')] }, { A: value }).value).toEqual({
          key: value,
          list: [value],
        });
      }),
    );
  });

  it('substitutes variables and defaults within text', () => {
    const env = { HOST: 'example.com', EMPTY: '' };
    expect(interpolateText(`https://${variable('HOST')}:${variable('PORT:-8443')}/${variable('EMPTY')}`, env)).toEqual({
      text: 'https://example.com:8443/',
    });
    expect(interpolateText(variable('EMPTY:-fallback'), env)).toEqual({ text: 'fallback' });
    expect(interpolateText(variable('NONE:-'), env)).toEqual({ text: '' });
  });

  it('takes a default that names another variable', () => {
    const nested = variable(`A:-${variable(`B:-${variable('C')}`)}`);
    expect(interpolateText(nested, { A: 'a', B: 'b' })).toEqual({ text: 'a' });
    expect(interpolateText(`<${nested}>`, { A: '', B: 'b' })).toEqual({ text: '<b>' });
    expect(interpolateText(nested, { C: 'c' })).toEqual({ text: 'c' });
    expect(interpolateText(nested, {})).toEqual({ missing: 'C' });
    expect(interpolateText(variable(`A:-$${variable('B')}`), { B: 'b' })).toEqual({ text: variable('B') });
    const open = `\${A:-${variable('B')}`;
    expect(interpolateText(open, { A: 'a', B: 'b' })).toEqual({ text: '${A:-b' });
  });

  const broken = ['{A', '{}', '{not a name}', '{A:?must}', '{env.A}', '{A:-{B}', '{A:-{B!}}'];
  it.each(broken.map((text) => text.replaceAll('{', `\${`)))('took %s as it is without a word', (text) => {
    const { notices } = run({ key: `x${text}` }, { A: 'x', B: 'y' });
    expect(notices.map(({ message }) => message)).toEqual([expect.stringContaining(`key has a \${ that begins no`)]);
    expect(run({ enabled: false, key: text }, { A: 'x', B: 'y' }).notices).toEqual([]);
  });

  it('says nothing of what is escaped', () => {
    for (const text of ['$%{A', 'x$%{', '%{A:-$%{B}}', '$A', '{$}', '%{A}$']) {
      expect(run({ key: text.replaceAll('%', '$') }, { A: 'x' }).notices, text).toEqual([]);
    }
  });

  it('keeps an escaped placeholder and what is none', () => {
    expect(interpolateText(`$${variable('A')}`, { A: 'x' })).toEqual({ text: variable('A') });
    expect(interpolateText(variable('not a name'), {})).toEqual({ text: variable('not a name') });
  });

  it('does not substitute within a substituted value', () => {
    expect(interpolateText(variable('A'), { A: variable('B'), B: 'x' })).toEqual({ text: variable('B') });
  });

  it('treats a value with a missing variable as not given, and names both', () => {
    const {
      value,
      unset: missing,
      notices,
    } = run({ a: { key: variable('NONE') }, b: `https://${variable('NONE')}/v1` });
    expect(value).toEqual({ a: { key: unset }, b: unset });
    expect(missing.map(({ path }) => path)).toEqual([['a', 'key'], ['b']]);
    expect(notices.map(({ message }) => message).join('\n')).toMatch(/a\.key names the variable NONE.*\n.*b names/);
  });

  it('counts a variable set to nothing as missing when it is the whole value', () => {
    expect(run({ key: variable('EMPTY') }, { EMPTY: '' }).value).toEqual({ key: unset });
  });

  it('says nothing about what is switched off', () => {
    const off = { enabled: variable('ON:-false'), key: variable('NONE') };
    expect(run({ off }).notices).toEqual([]);
    expect(run({ off: { ...off, enabled: true } }).notices).toHaveLength(1);
  });
});
