import type { Framing } from '../framing/frame-splitter.ts';
import type { Failure } from '../resilience/failure.ts';
import { failureOf } from './attempt.ts';
import type { UpstreamHead } from './reply-headers.ts';

/** How an upstream frames the events of its streams. */
export interface StreamWire {
  readonly framing: Framing;
  readonly streamType: string;
}

/** Why a head is not that of a stream: its content type is another. */
export function typeFault({ contentType }: UpstreamHead, wanted: string): Failure | undefined {
  if (isOfType(contentType, wanted)) return undefined;
  return noStream(contentType);
}

export function noStream(contentType: string): Failure {
  return failureOf('malformed', `the provider answered a stream request with ${contentType || 'no content type'}`);
}

/** JSON in place of a stream, in which some providers tell errors under status 200. */
export function isJsonInstead(contentType: string, wanted: string): boolean {
  return !isOfType(contentType, wanted) && isOfType(contentType, 'application/json');
}

/** Whatever the parameters of either. */
function isOfType(contentType: string, wanted: string): boolean {
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
