import type { Citation } from '../../canonical/conversation.ts';
import { asCount, asObject, asString, type JsonObject, objectsIn } from '../../canonical/json.ts';
import type { TextPlaces } from './text-places.ts';

/** A citation of Cohere's; `places` are those of the text that it is about. */
export function decodeCitation(raw: JsonObject, places: TextPlaces): Citation {
  const source = objectsIn(raw['sources'])[0];
  const document = asObject(source?.['document']) ?? asObject(source?.['tool_output']);
  const id = asString(source?.['id']);
  const url = asString(document?.['url']) ?? (id !== undefined && isUrl(id) ? id : undefined);
  const title = asString(document?.['title']) || undefined;
  const quote = (asString(document?.['text']) ?? asString(document?.['snippet'])) || undefined;
  const start = asCount(raw['start']);
  const end = asCount(raw['end']);
  const documentIndex = source?.['type'] === 'document' ? indexOfId(id) : undefined;
  return {
    ...(url === undefined ? {} : { url }),
    ...(title === undefined ? {} : { title }),
    ...(quote === undefined ? {} : { quote }),
    ...(start === undefined ? {} : { start: places.toUnits(start) }),
    ...(end === undefined ? {} : { end: places.toUnits(end) }),
    ...(documentIndex === undefined ? {} : { documentIndex }),
    origin: 'cohere-chat',
    raw,
  };
}

export interface CitationPlace {
  readonly text: string;
  /** Places of the text so far. */
  readonly places: TextPlaces;
  /** Where the text stands in the message's content; undefined: it is the `tool_plan`. */
  readonly contentIndex: number | undefined;
}

/** A citation as Cohere's clients read it: its own as it was, another's told in its words. */
export function encodeCitation(citation: Citation, place: CitationPlace): JsonObject {
  const own = citation.origin === 'cohere-chat' ? asObject(citation.raw) : undefined;
  return standAt(own ?? foreignCitation(citation, place), place.contentIndex);
}

/** The id of a document that has none of its own; Cohere makes up the same. */
export function documentId(index: number): string {
  return `doc:${index}`;
}

function indexOfId(id: string | undefined): number | undefined {
  const digits = id === undefined ? undefined : /^doc:(\d{1,6})$/.exec(id)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function isUrl(text: string): boolean {
  return text.startsWith('https://') || text.startsWith('http://');
}

/** `content_index` is left out for the first item of the content, as Cohere does it. */
function standAt(raw: JsonObject, contentIndex: number | undefined): JsonObject {
  const type = contentIndex === undefined ? 'PLAN' : 'TEXT_CONTENT';
  const had = asCount(raw['content_index']) ?? 0;
  if (had === (contentIndex ?? 0) && raw['type'] === type) return raw;
  const { content_index: _, ...rest } = raw;
  return {
    ...rest,
    type,
    ...(contentIndex === undefined || contentIndex === 0 ? {} : { content_index: contentIndex }),
  };
}

function foreignCitation(citation: Citation, { text, places }: CitationPlace): JsonObject {
  const { url, title, quote, documentIndex, start, end } = citation;
  const id = documentIndex === undefined ? (url ?? title) : documentId(documentIndex);
  const document = {
    ...(id === undefined ? {} : { id }),
    // Some clients read no answer whose documents lack one of these.
    title: title ?? '',
    text: quote ?? '',
    ...(url === undefined ? {} : { url }),
  };
  return {
    // Wires that cite a whole block give no place in it.
    start: start === undefined ? 0 : places.toPoints(start),
    end: end === undefined ? places.length : places.toPoints(end),
    text: text.slice(start ?? 0, end ?? text.length),
    sources: [{ type: 'document', ...(id === undefined ? {} : { id }), document }],
    type: 'TEXT_CONTENT',
  };
}
