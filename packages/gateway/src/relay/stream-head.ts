import type { Framing } from '../framing/frame-splitter.ts';

/** How an upstream frames the events of its streams. */
export interface StreamWire {
  readonly framing: Framing;
  readonly streamType: string;
}

/** Whether a content type is the wanted one, whatever the parameters of either. */
export function isOfType(contentType: string, wanted: string): boolean {
  const essence = wanted.split(';', 1)[0]!;
  const next = contentType.charCodeAt(essence.length);
  return contentType.toLowerCase().startsWith(essence) && (Number.isNaN(next) || next === 59 || next === 32);
}

export function endsInHalfCrLf(bytes: Buffer): boolean {
  return bytes.at(-1) === 13 && bytes.at(-2) === 10;
}

export function hasHeader(headers: readonly string[], name: string): boolean {
  return headers.some((part, index) => index % 2 === 0 && part.toLowerCase() === name);
}

export function withoutHeader(headers: readonly string[], name: string): string[] {
  const rest: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== name) rest.push(headers[index]!, headers[index + 1]!);
  }
  return rest;
}
