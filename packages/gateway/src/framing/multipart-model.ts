import { GatewayError } from '../canonical/gateway-error.ts';

/** Where a value lies in the given bytes; `end` is exclusive. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * What the beginning of a multipart form tells. `need_more`: the model field is not whole yet. `absent`: the form ended,
 * is broken, or went past the limit without one. `found`: where its value lies; `stream` only when that field came first
 * or within the same bytes.
 */
export type MultipartModel =
  | { readonly kind: 'need_more' }
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'found';
      readonly model: ByteSpan;
      readonly stream: ByteSpan | undefined;
      /** The bytes name the model twice: servers differ in which one they take. */
      readonly isRepeated: boolean;
    };

/** How far into a form the model field is looked for, in bytes: some clients send the file first. */
export const multipartSearchLimit = 256 * 1024;

/** Facts of a form, as far as its first bytes tell them. */
export interface MultipartFacts {
  /** Undefined when the field is empty, missing or too far behind a file. */
  readonly model: string | undefined;
  /** Where the model's value lies, empty or not; undefined when there is no such field. */
  readonly modelSpan: ByteSpan | undefined;
  readonly stream: boolean;
}

/**
 * The model and stream fields of a form, from its first bytes. Throws `invalid_request` when those name a model twice
 * or one that is too long, since the provider could then be asked for another model than the one that was routed.
 */
export function readMultipartModel(boundary: string, head: Buffer): MultipartFacts {
  const found = findMultipartModel(boundary, head);
  if (found.kind !== 'found') return { model: undefined, modelSpan: undefined, stream: false };
  if (found.isRepeated) throw repeatedModel();
  if (found.model.end - found.model.start > longestModel) {
    throw new GatewayError('invalid_request', '`model` is longer than 256 bytes.', { param: 'model' });
  }
  const model = textOf(head, found.model);
  const stream = found.stream === undefined ? '' : textOf(head, found.stream).trim().toLowerCase();
  return {
    model: model === '' ? undefined : model,
    modelSpan: found.model,
    stream: stream === 'true' || stream === '1',
  };
}

export function repeatedModel(): GatewayError {
  return new GatewayError('invalid_request', 'The form names `model` twice.', { param: 'model' });
}

const longestModel = 256;

function textOf(bytes: Buffer, span: ByteSpan): string {
  // A value that is longer than any we take is cut, not decoded.
  return bytes.toString('utf8', span.start, Math.min(span.end, span.start + longestModel));
}

/**
 * Finds the values of the fields `model` and `stream` in the first bytes of a multipart/form-data body, so that a form
 * with a large file can be routed and passed on without being held. Pure; call it again with all bytes when it needs more.
 */
export function findMultipartModel(boundary: string, bytes: Buffer): MultipartModel {
  const window = bytes.length > multipartSearchLimit ? bytes.subarray(0, multipartSearchLimit) : bytes;
  const unfinished: MultipartModel = bytes.length >= multipartSearchLimit ? absent : needMore;
  let model: ByteSpan | undefined;
  let stream: ByteSpan | undefined;
  let isRepeated = false;
  const isWhole = walkFields(window, boundary, (field, value) => {
    if (field === 'model') {
      isRepeated ||= model !== undefined;
      model ??= value;
    }
    if (field === 'stream') stream ??= value;
  });
  if (model !== undefined) return { kind: 'found', model, stream, isRepeated };
  return isWhole ? absent : unfinished;
}

/**
 * The number in a field of a form, from its first bytes, the largest of several; 1 where the form has no such field. Undefined
 * where it is no number, or where those bytes do not tell: it may stand behind a file.
 */
export function readMultipartCount(boundary: string, head: Buffer, name: string): number | undefined {
  let largest = 0;
  const isWhole = walkFields(head, boundary, (field, value) => {
    if (field === name) largest = Math.max(largest, countOf(textOf(head, value)));
  });
  if (largest === 0) return isWhole ? 1 : undefined;
  return Number.isFinite(largest) ? largest : undefined;
}

function countOf(text: string): number {
  return /^\s*\d{1,9}\s*$/.test(text) ? Math.max(1, Number(text)) : Number.POSITIVE_INFINITY;
}

/** Shows the plain fields of a form as far as its bytes have them whole. Whether its end is among them. */
function walkFields(bytes: Buffer, boundary: string, visit: (field: string, value: ByteSpan) => void): boolean {
  let delimiter = findDelimiter(bytes, boundary, 0);
  while (delimiter !== undefined && !delimiter.isLast) {
    const part = readPart(bytes, boundary, delimiter.end);
    if (part === undefined) return false;
    if (part.field !== undefined) visit(part.field, part.value);
    delimiter = part.next;
  }
  return delimiter !== undefined;
}

/** The boundary parameter of a multipart/form-data content type; undefined when it is none or not a legal one. */
export function multipartBoundary(contentType: string | undefined): string | undefined {
  if (contentType === undefined || !/^\s*multipart\/form-data\s*;/i.test(contentType)) return undefined;
  const match = /;\s*boundary=(?:"([^"]*)"|([^\s;"]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  return boundary !== undefined && /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(boundary)
    ? boundary
    : undefined;
}

const needMore: MultipartModel = { kind: 'need_more' };
const absent: MultipartModel = { kind: 'absent' };

interface Delimiter {
  /** Where the content before it ends: in front of the line break that belongs to the delimiter. */
  readonly start: number;
  /** Where the part after it begins. */
  readonly end: number;
  /** The one that closes the form. */
  readonly isLast: boolean;
}

/** The next delimiter at or after `from`; undefined when none is whole. */
export function findDelimiter(bytes: Buffer, boundary: string, from: number): Delimiter | undefined {
  const mark = `--${boundary}`;
  for (let at = bytes.indexOf(mark, from, 'latin1'); at !== -1; at = bytes.indexOf(mark, at + 1, 'latin1')) {
    const opensLine = at === 0 || (at >= 2 && bytes[at - 2] === 0x0d && bytes[at - 1] === 0x0a);
    if (!opensLine) continue;
    const start = at === 0 ? 0 : at - 2;
    let end = at + mark.length;
    if (bytes[end] === 0x2d && bytes[end + 1] === 0x2d) return { start, end: end + 2, isLast: true };
    while (bytes[end] === 0x20 || bytes[end] === 0x09) end++;
    if (end + 1 >= bytes.length) return undefined;
    // Anything else on the line means that this is content which begins like the boundary.
    if (bytes[end] === 0x0d && bytes[end + 1] === 0x0a) return { start, end: end + 2, isLast: false };
  }
  return undefined;
}

interface Part {
  /** Name of a plain field; undefined for files and unnamed parts. */
  readonly field: string | undefined;
  readonly value: ByteSpan;
  readonly next: Delimiter;
}

/** The part that begins at `from`; undefined when it is not whole. */
function readPart(bytes: Buffer, boundary: string, from: number): Part | undefined {
  // The line break in front counts as the end of the headers when a part has none.
  const blankLine = bytes.indexOf('\r\n\r\n', from - 2, 'latin1');
  if (blankLine === -1) return undefined;
  const headers = blankLine < from ? '' : bytes.toString('utf8', from, blankLine);
  const start = blankLine + 4;
  // An empty value is followed by the delimiter at once, whose line break is then the one that ends the headers.
  const next = findDelimiter(bytes, boundary, start);
  if (next === undefined) return undefined;
  return { field: fieldName(headers), value: { start, end: Math.max(start, next.start) }, next };
}

/** What the head of a part names; undefined for files and what has no name. */
export function fieldName(headers: string): string | undefined {
  const disposition = /^content-disposition:[ \t]*form-data[ \t]*;(.*)$/im.exec(headers)?.[1];
  if (disposition === undefined || /;[ \t]*filename\*?=/i.test(`;${disposition}`)) return undefined;
  const match = /;[ \t]*name=(?:"([^"]*)"|([^\s;"]+))/i.exec(`;${disposition}`);
  return match?.[1] ?? match?.[2];
}
