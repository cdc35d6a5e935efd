import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../canonical/clock.ts';
import type { RequestView } from '../canonical/exchange.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { SecurityConfig } from '../config/gateway-config.ts';
import type { RequestPolicy } from './request-policy.ts';
import { SeenSignatures } from './seen-signatures.ts';

/** How far a request's clock may be off, in milliseconds, either way. */
const toleranceMs = 5 * 60_000;
/** Signatures remembered to refuse repeats: 10 minutes at 330 signed requests a second. */
const rememberedSignatures = 200_000;

/** What is signed: these lines joined by newlines, and `nonce` as a sixth when the request has one. */
export interface SignedParts {
  /** As the request wrote it: seconds since 1970, or milliseconds. */
  readonly timestamp: string;
  readonly method: string;
  /** Raw request target, query included, undecoded. */
  readonly url: string;
  readonly body: Buffer;
  readonly nonce: string | undefined;
}

/**
 * Accepts only requests that were signed with the shared secret in the last five minutes, each once. Two spellings:
 * `X-Timestamp: <ts>` with `X-Signature: <hex>`, and `X-Signature: HMAC-SHA256;<ts>;<hex>`. Throws `invalid_signature`,
 * or, when no secret is configured, `signing_unconfigured` for every request: the process runs, but never on unsigned
 * requests. Undefined when signing is not configured.
 */
export function createSignature(signing: SecurityConfig['signing'], clock: Clock): RequestPolicy | undefined {
  if (signing === undefined) return undefined;
  const { secret } = signing;
  if (secret === undefined || secret === '') return refuseUnconfigured;
  const headerName = signing.headerName.toLowerCase();
  const seen = new SeenSignatures({ limit: rememberedSignatures, lifetimeMs: 2 * toleranceMs });
  const verify = (request: RequestView) => {
    const claim = readClaim(request, headerName);
    const now = clock.wallNow();
    if (!(Math.abs(now - timeOf(claim.timestamp)) <= toleranceMs)) {
      throw invalid("its timestamp is not within five minutes of this machine's clock");
    }
    const expected = sign(secret, {
      timestamp: claim.timestamp,
      method: request.method,
      url: request.url,
      body: bodyOf(request),
      nonce: headerOf(request, 'x-nonce'),
    });
    if (!timingSafeEqual(expected, claim.digest)) throw invalid('it does not match the request');
    if (!seen.add(expected.toString('base64'), now)) {
      throw invalid('it was used before; sign each request anew, with a time in milliseconds or an `X-Nonce`');
    }
  };
  return verify;
}

/** The signature that a request must have: HMAC-SHA256 over timestamp, method, path, query and the body's SHA-256. */
export function sign(secret: string, parts: SignedParts): Buffer {
  const mark = parts.url.indexOf('?');
  const path = mark === -1 ? parts.url : parts.url.slice(0, mark);
  const query = mark === -1 ? '' : parts.url.slice(mark + 1);
  const lines = [parts.timestamp, parts.method.toUpperCase(), path, query, hash('sha256', parts.body)];
  if (parts.nonce !== undefined) lines.push(parts.nonce);
  return createHmac('sha256', secret).update(lines.join('\n')).digest();
}

function refuseUnconfigured(): never {
  throw new GatewayError(
    'signing_unconfigured',
    'Request signing is switched on without a secret, so no request can be accepted. Set `security.request_signing.secret` ' +
      '(the environment variable REQUEST_SIGNING_SECRET is the place for it), or switch request signing off.',
  );
}

interface SignatureClaim {
  readonly timestamp: string;
  readonly digest: Buffer;
}

function readClaim(request: RequestView, headerName: string): SignatureClaim {
  const value = headerOf(request, headerName);
  if (value === undefined) throw invalid('there is none');
  const compact = /^HMAC-SHA256;(\d{1,16});([0-9a-f]{64})$/i.exec(value);
  const timestamp = compact?.[1] ?? headerOf(request, 'x-timestamp');
  const digest = compact?.[2] ?? value.replace(/^(?:hmac-)?sha256=/i, '');
  if (timestamp === undefined || !/^\d{1,16}$/.test(timestamp)) {
    throw invalid('its `X-Timestamp` is missing, or is not seconds or milliseconds since 1970');
  }
  if (!/^[0-9a-f]{64}$/i.test(digest)) throw invalid('it is not an HMAC-SHA256 in 64 hexadecimal digits');
  return { timestamp, digest: Buffer.from(digest, 'hex') };
}

/** Milliseconds since 1970. Seconds reach 1e11 in the year 5138, milliseconds passed it in 1973. */
function timeOf(timestamp: string): number {
  const time = Number(timestamp);
  return time >= 1e11 ? time : time * 1000;
}

function bodyOf(request: RequestView): Buffer {
  if (request.body !== undefined) return request.body;
  const { headers } = request;
  const hasNone = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
  if (hasNone) return noBody;
  throw invalid('this path streams its body, which cannot be verified before it is passed on');
}

const noBody = Buffer.alloc(0);

function headerOf(request: RequestView, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function invalid(reason: string): GatewayError {
  return new GatewayError('invalid_signature', `The request's signature is not valid: ${reason}.`);
}
