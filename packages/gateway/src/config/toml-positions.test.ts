import { describe, expect, it } from 'vitest';
import { pathKey } from './config-path.ts';
import { findTomlPositions } from './toml-positions.ts';

const text = `# [not.a.table]
title = "x = 1" # [nor.this]
[server]
  host = 'a'
"quoted.key" = 1
long = """
port = 1
\\""" still """
list = [
  "]", # comment ]
  { a = "[" },
]
after = true

[[backends]]
url = "a"
[[backends]]
url = "b"
[backends.rate_limit]
requests_per_minute = 5
[models."a/b"]
model.name = 1
`;

describe('findTomlPositions', () => {
  const positions = findTomlPositions(text);
  it.each([
    [['title'], 2, 1],
    [['server'], 3, 1],
    [['server', 'host'], 4, 3],
    [['server', 'quoted.key'], 5, 1],
    [['server', 'list'], 9, 1],
    [['server', 'after'], 13, 1],
    [['backends'], 15, 1],
    [['backends', 0, 'url'], 16, 1],
    [['backends', 1], 17, 1],
    [['backends', 1, 'url'], 18, 1],
    [['backends', 1, 'rate_limit', 'requests_per_minute'], 20, 1],
    [['models', 'a/b', 'model', 'name'], 22, 1],
  ])('%j', (path, line, column) => expect(positions.get(pathKey(path))).toEqual({ line, column }));

  it('takes no text for a key', () => {
    expect(positions.has(pathKey(['server', 'port']))).toBe(false);
    expect(positions.has(pathKey(['not', 'a', 'table']))).toBe(false);
  });

  it('reads CRLF', () => {
    expect(findTomlPositions('a = 1\r\nb = 2\r\n').get(pathKey(['b']))).toEqual({ line: 2, column: 1 });
  });
});
