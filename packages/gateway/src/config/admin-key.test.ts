import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { readAdminKey } from './admin-key.ts';

const callers = [{ name: 'app', sha256: hash('sha256', 'a-key-of-callers').toUpperCase(), tenant: undefined }];

it.each([
  ['not set', {}, undefined, undefined],
  ['empty', { ADMIN_KEY: '  ' }, undefined, undefined],
  ['long enough', { ADMIN_KEY: ' 0123456789abcdef ' }, '0123456789abcdef', undefined],
  ['too short', { ADMIN_KEY: '0123456789abcde' }, undefined, 'shorter than 16'],
  ["a caller's", { ADMIN_KEY: 'a-key-of-callers' }, undefined, 'callers use as well'],
])('%s', (_name, env: Readonly<Record<string, string>>, key, problem) => {
  const read = readAdminKey(env, callers);
  expect(read.key).toBe(key);
  if (problem === undefined) expect(read.problem).toBeUndefined();
  else expect(read.problem).toContain(problem);
  expect(read.problem ?? '').not.toContain(String(env['ADMIN_KEY']));
});
