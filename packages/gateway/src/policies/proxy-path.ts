import { GatewayError } from '../canonical/gateway-error.ts';
import type { ProxyConfig } from '../config/gateway-config.ts';

/** A tail that may be joined to a target's base. */
export interface ProxyTail {
  /** Raw path as it came, with a leading slash. */
  readonly path: string;
  /** Raw query without `?`; empty when there is none. */
  readonly query: string;
}

/** Longest tail, query included, in characters. */
const longestTail = 2048;
/** Rounds of percent-decoding looked at; a tail that still decodes after them is hiding something. */
const decodingRounds = 4;

/**
 * Compiles the check of a generic proxied path. The function gets the raw, undecoded rest of the request target after
 * the model, query included, and throws `bad_path` for whatever could be read as another path by some server on the
 * way, `path_denied` for what the rules keep out, and `not_found` when the proxy is switched off.
 */
export function createProxyTail(rules: ProxyConfig): (rawTail: string) => ProxyTail {
  const denied = rules.deny.map(compilePattern);
  const allowed = rules.allow.map(compilePattern);
  return (rawTail) => {
    if (!rules.enabled) throw new GatewayError('not_found', 'Forwarding of other paths is switched off here.');
    const tail = splitTail(rawTail);
    const segments = readSegments(tail.path);
    if (denied.some((pattern) => matchesAnywhereInPrefix(segments, pattern))) throw denial();
    if (allowed.length > 0 && !allowed.some((pattern) => matchesAt(segments, 0, pattern))) throw denial();
    requireUnderBase(tail.path);
    return tail;
  };
}

function splitTail(rawTail: string): ProxyTail {
  if (rawTail.length > longestTail) throw badPath(`it is longer than ${longestTail} characters`);
  const mark = rawTail.indexOf('?');
  const rawPath = mark === -1 ? rawTail : rawTail.slice(0, mark);
  const query = mark === -1 ? '' : rawTail.slice(mark + 1);
  if (!/^[\x21\x22\x24-\x7e]*$/.test(query)) throw badPath('its query has characters that must be percent-encoded');
  return { path: rawPath.startsWith('/') ? rawPath : `/${rawPath}`, query };
}

/** Lower-case decoded segments without path parameters; throws unless every reading of the path gives the same ones. */
function readSegments(path: string): string[] {
  // Everything that RFC 3986 allows in a path, except @, which some parsers take for the end of user information.
  if (!/^(?:[A-Za-z0-9\-._~!$&'()*+,;=:/]|%[0-9A-Fa-f]{2})+$/.test(path)) {
    throw badPath('it has characters that must be percent-encoded, or a broken percent-encoding');
  }
  if (path.includes('//')) throw badPath('it has an empty segment');
  const decoded = decodeFully(path);
  // Compatibility forms such as the full-width stop become dots and slashes on servers that normalise.
  const normalized = decoded.normalize('NFKC');
  const rawSegments = path.slice(1).split('/');
  for (const reading of [decoded, normalized]) {
    if (hasForbiddenCharacter(reading)) throw badPath('it has an encoded slash, backslash, mark or control character');
    const segments = reading.slice(1).split('/');
    if (segments.length !== rawSegments.length) throw badPath('it has an encoded slash');
    if (segments.some(isDotSegment)) throw badPath('it has a dot segment');
  }
  const segments = normalized.slice(1).split('/').map(comparable);
  if (segments.at(-1) === '') segments.pop();
  if (segments.length === 0) throw badPath('it is empty');
  if (segments.includes('')) throw badPath('it has an empty segment');
  return segments;
}

/** Percent-decodes until nothing changes, so that `%252e` cannot pass here and become a dot one server later. */
function decodeFully(path: string): string {
  let current = path;
  for (let round = 0; round < decodingRounds; round++) {
    if (!/%[0-9A-Fa-f]{2}/.test(current)) return current;
    let next: string;
    try {
      // A percent sign that encodes nothing is literal text once the first round is over.
      next = decodeURIComponent(current.replace(/%(?![0-9A-Fa-f]{2})/g, '%25'));
    } catch {
      throw badPath('its percent-encoding is not UTF-8');
    }
    if (countSlashes(next) !== countSlashes(path)) throw badPath('it has an encoded slash');
    current = next;
  }
  if (/%[0-9A-Fa-f]{2}/.test(current)) throw badPath('it is encoded too many times');
  return current;
}

function countSlashes(text: string): number {
  return text.split('/').length;
}

function hasForbiddenCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return /[\\?#@]/.test(text);
}

/** `.` and `..`, also with a path parameter behind (`..;x`) or blanks around, as some servers read them. */
function isDotSegment(segment: string): boolean {
  const name = comparable(segment);
  return name === '.' || name === '..';
}

function comparable(segment: string): string {
  const end = segment.indexOf(';');
  return (end === -1 ? segment : segment.slice(0, end)).trim().toLowerCase();
}

interface SegmentPattern {
  readonly segments: readonly string[];
  /** The last segment matches by its beginning: `admin*`. */
  readonly isOpenEnded: boolean;
}

function compilePattern(entry: string): SegmentPattern {
  const isOpenEnded = entry.endsWith('*') && !entry.endsWith('/*');
  const text = entry.replace(/\/?\*+$/, '').toLowerCase();
  const segments = text.split('/').filter((segment) => segment !== '');
  return { segments, isOpenEnded };
}

/** Leading segments that a base may or may not already hold: `/v1/files` on one target is `/files` on another. */
const basePart = /^(?:api|openai|v\d+(?:(?:alpha|beta|preview)\d*)?)$/;

function matchesAnywhereInPrefix(segments: readonly string[], pattern: SegmentPattern): boolean {
  for (let offset = 0; offset < segments.length; offset++) {
    if (matchesAt(segments, offset, pattern)) return true;
    if (!basePart.test(segments[offset]!)) return false;
  }
  return false;
}

function matchesAt(segments: readonly string[], offset: number, pattern: SegmentPattern): boolean {
  const last = pattern.segments.length - 1;
  return pattern.segments.every((wanted, index) => {
    const segment = segments[offset + index];
    if (segment === undefined) return false;
    return index === last && pattern.isOpenEnded ? segment.startsWith(wanted) : segment === wanted;
  });
}

const probeBase = 'https://target.invalid/base';

/** The last word is the URL parser's own: what it makes of base and tail must be exactly base and tail. */
function requireUnderBase(path: string): void {
  const text = `${probeBase}${path}`;
  if (!URL.canParse(text) || new URL(text).href !== text) throw badPath('it does not stay under the base URL');
}

function badPath(reason: string): GatewayError {
  return new GatewayError('bad_path', `This path cannot be forwarded: ${reason}.`);
}

function denial(): GatewayError {
  return new GatewayError(
    'path_denied',
    'This path is not open to callers of the gateway; see proxy.allow and proxy.deny.',
  );
}
