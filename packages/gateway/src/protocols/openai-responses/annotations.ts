import type { Citation } from '../../canonical/conversation.ts';
import { asString, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { toNumber } from '../../framing/exact-json.ts';

const WIRE = 'openai-responses';

/** The citations of an `output_text`'s annotations. */
export function decodeAnnotations(annotations: unknown): Citation[] {
  return objectsIn(annotations).map(decodeAnnotation);
}

export function decodeAnnotation(raw: JsonObject): Citation {
  const url = asString(raw['url']);
  const title = asString(raw['title']) ?? asString(raw['filename']);
  const start = toNumber(raw['start_index']);
  const end = toNumber(raw['end_index']);
  return {
    ...(url === undefined ? {} : { url }),
    ...(title === undefined ? {} : { title }),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    origin: WIRE,
    raw,
  };
}

/**
 * The annotations of a text. This wire's own go back as they came. Of others those with an address become
 * `url_citation`; the wire has no annotation without an address or the id of an uploaded file.
 */
export function encodeAnnotations(citations: readonly Citation[] | undefined, text: string): unknown[] {
  return (citations ?? []).flatMap((citation) => {
    if (citation.origin === WIRE) return [citation.raw];
    if (citation.url === undefined) return [];
    const { url, title = url, start = 0, end = text.length } = citation;
    return [{ type: 'url_citation', start_index: start, end_index: end, url, title }];
  });
}
