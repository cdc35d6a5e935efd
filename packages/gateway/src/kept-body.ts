import { createRedact } from './telemetry/redact.ts';

/** A body as it is kept. */
export interface KeptBody {
  readonly text: string;
  /** Of the whole body. */
  readonly bytes: number;
  readonly isCut: boolean;
}

const redact = createRedact({ personalData: true });
/** So much more is read than is kept, for what is masked makes room; bounds the work for one body. */
const READ_FACTOR = 4;
/** Characters at the end of what was read that may be the beginning of something to mask. */
const UNSURE_END = 1_024;
/** Pictures, sound and files in base64. */
const encodedData = /[A-Za-z0-9+/_-]{512,}={0,2}/g;
const escapedCharacter = /\\u([0-9a-fA-F]{4})/g;

/**
 * A body without secrets and personal data, as far as patterns know them, and without long encoded data, cut to so many
 * bytes. It need not be valid JSON any more.
 */
export function keptBody(body: Buffer, maxBytes: number): KeptBody {
  const readBytes = maxBytes * READ_FACTOR;
  const isRead = body.length <= readBytes;
  const read = body.toString('utf8', 0, Math.min(body.length, readBytes));
  // An escaped key is a key all the same.
  const plain = read
    .replace(escapedCharacter, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll('\\/', '/');
  const masked = redact(plain).replace(encodedData, '[DATA]');
  const sure = isRead ? masked : masked.slice(0, Math.max(0, masked.length - UNSURE_END));
  const kept = Buffer.from(sure);
  if (kept.length <= maxBytes) return { text: sure, bytes: body.length, isCut: !isRead };
  // A character that would be cut in two is left out.
  const text = kept.toString('utf8', 0, maxBytes).replace(/\uFFFD+$/, '');
  return { text, bytes: body.length, isCut: true };
}
