import { expect, it } from 'vitest';
import { readWindow } from './time-window.ts';

it.each([
  ['90s', 90_000],
  ['15m', 900_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
  [' 1h ', 3_600_000],
  ['0s', undefined],
  ['1', undefined],
  ['1w', undefined],
  ['-1h', undefined],
  ['1.5h', undefined],
  ['9999999s', undefined],
  ['', undefined],
])('%j is %j', (text, ms) => expect(readWindow(text)).toBe(ms));
