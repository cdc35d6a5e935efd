import { describe, expect, it } from 'vitest';
import { isEnvironmentFile, mergeEnvironments, readEnvironmentFile, readEnvironmentLines } from './environment-file.ts';

describe('readEnvironmentFile', () => {
  it('keeps JSON in single quotes as it is', () => {
    expect(readEnvironmentFile(`V='{"a/b": "http://x:1", "c": ["d"]}'\nA="1 2"\n`)).toEqual({
      V: '{"a/b": "http://x:1", "c": ["d"]}',
      A: '1 2',
    });
  });

  it('does not mind a byte order mark, CRLF, comments and export', () => {
    expect(readEnvironmentFile('\uFEFFA=1\r\n# B=2\r\nexport C="3"\r\nD=4 # four\r\n')).toEqual({
      A: '1',
      C: '3',
      D: '4',
    });
  });

  it('loses no variable to a line that is none', () => {
    expect(readEnvironmentFile('just words\nA=1\n')).toMatchObject({ A: '1' });
  });
});

it('knows the lines of variables, and those that are none', () => {
  const text = '\uFEFF# note\r\nA=1\r\n\r\nexport B = "x\r\nC=no\r\ny"\r\njust words\r\nD=\'it"s\'\r\nE\r\n';
  expect(readEnvironmentLines(text)).toEqual({
    names: [
      { name: 'A', line: 2 },
      { name: 'B', line: 4 },
      { name: 'D', line: 8 },
    ],
    others: [7, 9],
  });
});

describe('isEnvironmentFile', () => {
  it.each([
    ['.env', true],
    ['dir/.env.local', true],
    ['vllm.env', true],
    ['config.yaml', false],
    ['environment', false],
  ])('%s: %s', (name, expected) => expect(isEnvironmentFile(name)).toBe(expected));
});

it('lets the process win over the file', () => {
  expect(mergeEnvironments({ A: 'own', B: undefined }, { A: 'file', B: 'file' })).toEqual({ A: 'own', B: 'file' });
});
