import type { StickyBy } from './routing-config.ts';

// The characters that a header's name may have (RFC 9110, section 5.6.2), and a length that none exceeds.
const headerName = /^[!#$%&'*+\-.^_`|~0-9a-z]{1,128}$/;

/** Reads `key`, `conversation` or `header:<name>`, the name in lower case. Undefined: it is none of them. */
export function parseStickyBy(configured: string): StickyBy | undefined {
  const text = configured.trim().toLowerCase();
  if (text === 'key' || text === 'conversation') return { kind: text };
  if (!text.startsWith('header:')) return undefined;
  const name = text.slice('header:'.length).trim();
  return headerName.test(name) ? { kind: 'header', name } : undefined;
}
