import type { SecurityConfig } from '../config/gateway-config.ts';

/** Flat name, value lists for replies; they take the place of upstream headers of the same names. */
export interface SecurityHeaders {
  readonly overPlainHttp: readonly string[];
  readonly overTls: readonly string[];
}

/** Headers of upstream replies that tell what software answered, in lower case, for those who want them removed. */
export const revealingHeaders: ReadonlySet<string> = new Set([
  'server',
  'x-powered-by',
  'x-aspnet-version',
  'x-aspnetmvc-version',
  'x-generator',
  'x-runtime',
  'via',
]);

// X-XSS-Protection is left out, since browsers that knew it could be made to leak by it, and so are the cross-origin
// resource policies, which would keep browser clients that CORS lets in from reading the reply.
const always = [
  'Content-Security-Policy',
  "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options',
  'nosniff',
  'X-Frame-Options',
  'DENY',
  'Referrer-Policy',
  'no-referrer',
  'Cache-Control',
  'no-store',
] as const;

/** Browsers ignore it over plain HTTP, where it would only be untrue. */
const strictTransport = ['Strict-Transport-Security', 'max-age=31536000'] as const;

/** The headers to add to API replies; undefined when they are switched off. */
export function createSecurityHeaders(headers: SecurityConfig['headers']): SecurityHeaders | undefined {
  if (!headers.addSecurityHeaders) return undefined;
  return { overPlainHttp: Object.freeze([...always]), overTls: Object.freeze([...always, ...strictTransport]) };
}
