import { userInfo } from 'node:os';

/** Host, port and name of the database, for messages. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return 'the database';
  const { protocol, host, pathname, searchParams } = new URL(url);
  return `${protocol}//${host || (searchParams.get('host') ?? '')}${pathname}`;
}

/** The user of this process; undefined where the system has no name for it, as in many containers. */
export function osUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
