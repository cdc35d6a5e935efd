import fc from 'fast-check';
import { ExactNumber, parseExact, writeExact } from '../../src/framing/exact-json.ts';
import type { WireFrame } from './wire-stream.ts';

/** One change to a JSON value: somewhere in it, something else. */
export interface JsonEdit {
  readonly place: number;
  readonly kind: 'replace' | 'remove' | 'repeat' | 'rename' | 'wrap' | 'graft';
  /** Where a graft comes from. */
  readonly from: number;
  readonly value: unknown;
}

/** One change to a stream: of its frames, or of what one of them says. */
export interface FrameEdit {
  readonly at: number;
  readonly to: number;
  readonly kind: 'drop' | 'repeat' | 'move' | 'swap' | 'cut-data' | 'rename' | 'json';
  readonly json: JsonEdit;
}

/** Values that are rarely where another is expected, and nasty ones. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, '', 'x', 0, -1, 1.5, 1e300, 2 ** 53, [], {}, [null], [[]], [{}], {
    a: {},
  }),
  fc.constantFrom<unknown>('__proto__', 'constructor', 'toString', '\ud800', '\u0000', '{"a":', '[DONE]'),
  fc.constantFrom<unknown>(new ExactNumber('12345678901234567890'), new ExactNumber('1.0'), new ExactNumber('-0')),
  fc.constantFrom<unknown>('data:image/png;base64,AAAA', 'data:', 'https://', 'text', 'function', 'tool', 'assistant'),
  fc.jsonValue({ maxDepth: 3 }),
);

export const jsonEdit: fc.Arbitrary<JsonEdit> = fc.record({
  place: fc.nat(1 << 20),
  kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'repeat', 'rename', 'wrap', 'graft', 'graft'),
  from: fc.nat(1 << 20),
  value: odd,
});

export const frameEdit: fc.Arbitrary<FrameEdit> = fc.record({
  at: fc.nat(1 << 20),
  to: fc.nat(1 << 20),
  kind: fc.constantFrom('drop', 'repeat', 'move', 'swap', 'cut-data', 'rename', 'json', 'json', 'json'),
  json: jsonEdit,
});

interface Place {
  readonly parent: Record<string, unknown> | unknown[];
  readonly key: string | number;
}

/** A copy of a value with a change in it. */
export function editJson(value: unknown, { place, kind, from, value: replacement }: JsonEdit): unknown {
  const root = { value: structuredCopy(value) };
  const places = placesIn(root);
  const { parent, key } = places[place % places.length]!;
  const holder = parent as Record<string | number, unknown>;
  if (kind === 'remove') {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else if (parent !== root) delete holder[key];
  } else if (kind === 'repeat') {
    if (Array.isArray(parent)) parent.push(structuredCopy(holder[key]));
    else holder[key] = [holder[key], holder[key]];
  } else if (kind === 'rename') {
    if (!Array.isArray(parent) && parent !== root) define(parent, String(replacement).slice(0, 20), holder[key]);
  } else if (kind === 'wrap') holder[key] = { value: holder[key] };
  else if (kind === 'graft') {
    const donor = places[from % places.length]!;
    holder[key] = structuredCopy((donor.parent as Record<string | number, unknown>)[donor.key]);
  } else holder[key] = replacement;
  return root.value;
}

/** Frames with changes made one after another. */
export function editFrames(frames: readonly WireFrame[], edits: readonly FrameEdit[]): WireFrame[] {
  const edited = [...frames];
  for (const edit of edits) if (edited.length > 0) applyEdit(edited, edit);
  return edited;
}

function applyEdit(frames: WireFrame[], { at, to, kind, json }: FrameEdit): void {
  const from = at % frames.length;
  const target = to % frames.length;
  const frame = frames[from]!;
  switch (kind) {
    case 'drop':
      frames.splice(from, 1);
      return;
    case 'repeat':
      frames.splice(target, 0, frame);
      return;
    case 'move':
      frames.splice(from, 1);
      frames.splice(target, 0, frame);
      return;
    case 'swap':
      frames[from] = frames[target]!;
      frames[target] = frame;
      return;
    case 'cut-data':
      frames[from] = { ...frame, data: frame.data.slice(0, to % (frame.data.length + 1)) };
      return;
    case 'rename':
      frames[from] = { ...frame, name: frames[target]!.name };
      return;
    case 'json':
      frames[from] = { ...frame, data: editText(frame.data, json) };
  }
}

function editText(text: string, edit: JsonEdit): string {
  try {
    return writeExact(editJson(parseExact(text), edit)) ?? '';
  } catch {
    return text;
  }
}

/** Bytes with some of them replaced by others. */
export function damage(
  bytes: Buffer,
  changes: readonly { readonly at: number; readonly length: number; readonly by: Uint8Array }[],
): Buffer {
  let damaged = bytes;
  for (const { at, length, by } of changes) {
    const start = at % (damaged.length + 1);
    damaged = Buffer.concat([damaged.subarray(0, start), by, damaged.subarray(start + length)]);
  }
  return damaged;
}

export const byteChange = fc.record({
  at: fc.nat(1 << 20),
  length: fc.nat(40),
  by: fc.uint8Array({ maxLength: 8 }),
});

function placesIn(root: Record<string, unknown>): Place[] {
  const places: Place[] = [];
  const visit = (parent: Record<string, unknown> | unknown[]): void => {
    const keys: (string | number)[] = Array.isArray(parent) ? [...parent.keys()] : Object.keys(parent);
    for (const key of keys) {
      places.push({ parent, key });
      const child = (parent as Record<string | number, unknown>)[key];
      if (isHolder(child)) visit(child);
    }
  };
  visit(root);
  return places;
}

function isHolder(value: unknown): value is Record<string, unknown> | unknown[] {
  return typeof value === 'object' && value !== null && !(value instanceof ExactNumber);
}

function structuredCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structuredCopy);
  if (!isHolder(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) define(copy, key, structuredCopy(member));
  return copy;
}

/** An own member, whatever its name. */
function define(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}
