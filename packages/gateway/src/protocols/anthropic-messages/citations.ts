import type { Citation } from '../../canonical/conversation.ts';
import { asCount, asString, isObject, type JsonObject } from '../../canonical/json.ts';
import { WIRE } from './wire.ts';

/** Reads the `citations` of a text block; undefined when it has none. */
export function decodeCitations(value: unknown): readonly Citation[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const citations = value.filter(isObject).map(decodeCitation);
  return citations.length > 0 ? citations : undefined;
}

/** One citation: of a web page, of a document of the request, or of a search result that the caller gave. */
export function decodeCitation(raw: JsonObject): Citation {
  const url = asString(raw['url']) ?? asString(raw['source']);
  const title = asString(raw['title']) ?? asString(raw['document_title']);
  const quote = asString(raw['cited_text']);
  const documentIndex = asCount(raw['document_index']);
  return {
    ...(url === undefined ? {} : { url }),
    ...(title === undefined ? {} : { title }),
    ...(quote === undefined ? {} : { quote }),
    ...(documentIndex === undefined ? {} : { documentIndex }),
    origin: WIRE,
    raw,
  };
}

/** A citation for clients of this wire; undefined when it names nothing that can be cited. */
export function encodeCitation({ origin, raw, url, title, quote, documentIndex }: Citation): JsonObject | undefined {
  if (origin === WIRE && isObject(raw)) return raw;
  const cited_text = quote ?? '';
  if (documentIndex !== undefined) {
    return {
      type: 'char_location',
      cited_text,
      document_index: documentIndex,
      document_title: title ?? null,
      start_char_index: 0,
      end_char_index: cited_text.length,
    };
  }
  if (url === undefined) return undefined;
  // The index is a cipher of the provider's search; an empty one tells this gateway later that it is not to be sent.
  // A page without a title goes by its address: some clients read no answer where there is none.
  return { type: 'web_search_result_location', cited_text, url, title: title ?? url, encrypted_index: '' };
}

/** Citations of an earlier answer for an upstream: only what it can have said itself. */
export function encodeOwnCitations(citations: readonly Citation[] | undefined): readonly JsonObject[] {
  const own: JsonObject[] = [];
  for (const { origin, raw } of citations ?? []) {
    if (origin === WIRE && isObject(raw) && raw['encrypted_index'] !== '') own.push(raw);
  }
  return own;
}
