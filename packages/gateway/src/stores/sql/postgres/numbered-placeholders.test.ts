import { expect, test } from 'vitest';
import { numberedPlaceholders } from './numbered-placeholders.ts';

test.each([
  ['SELECT 1', 'SELECT 1'],
  ['a = ? AND b IN (?, ?)', 'a = $1 AND b IN ($2, $3)'],
  [`'?' = ?`, `'?' = $1`],
  [`'it''s ?' = ?`, `'it''s ?' = $1`],
  [`"a?""?" = ?`, `"a?""?" = $1`],
  ['a -- ?\n= ?', 'a -- ?\n= $1'],
  ['a /* ? * ? **/ = ?', 'a /* ? * ? **/ = $1'],
  [`'unfinished ?`, `'unfinished $1`],
])('%s', (sql, numbered) => {
  expect(numberedPlaceholders(sql)).toBe(numbered);
  // The second time it is remembered.
  expect(numberedPlaceholders(sql)).toBe(numbered);
});
