import { hash } from 'node:crypto';
import type { AuthConfig } from './gateway-config.ts';
import type { Environment } from './interpolate.ts';

/** Characters of a key for operators at least: it opens everything. */
const LEAST_LENGTH = 16;

/** What ADMIN_KEY is good for: a key, or why it is none. Both undefined when it is not set. */
export interface AdminKey {
  readonly key: string | undefined;
  /** A sentence for the operator; without the key. */
  readonly problem: string | undefined;
}

/** Reads ADMIN_KEY. What is too short, or is a caller's key as well, counts as not set. */
export function readAdminKey(env: Environment, callerKeys: AuthConfig['keys'] = []): AdminKey {
  const key = env['ADMIN_KEY']?.trim() ?? '';
  if (key === '') return { key: undefined, problem: undefined };
  if (key.length < LEAST_LENGTH) {
    return refused(
      `is shorter than ${LEAST_LENGTH} characters. Choose a longer one, such as of \`openssl rand -hex 24\``,
    );
  }
  const digest = hash('sha256', key);
  if (callerKeys.some(({ sha256 }) => sha256.toLowerCase() === digest)) {
    return refused('is a key that callers use as well. Choose another one, which only operators know');
  }
  return { key, problem: undefined };
}

function refused(why: string): AdminKey {
  return { key: undefined, problem: `ADMIN_KEY ${why}. Until then it counts as not set.` };
}
