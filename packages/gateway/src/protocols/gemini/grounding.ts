import type { Citation } from '../../canonical/conversation.ts';
import { asCount, asObject, asString, isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import type { TextPlaces } from './text-places.ts';
import { WIRE } from './wire.ts';

/** What an answer cites: `groundingMetadata` of searches, `citationMetadata` of what was recited. */
export function decodeCitations(candidate: JsonObject, places: TextPlaces): readonly Citation[] {
  const grounding = candidate['groundingMetadata'];
  const recited = candidate['citationMetadata'];
  return [
    ...(isObject(grounding) ? groundingCitations(grounding, places) : []),
    ...(isObject(recited) ? recitations(recited, places) : []),
  ];
}

function groundingCitations(metadata: JsonObject, places: TextPlaces): readonly Citation[] {
  const chunks = objectsIn(metadata['groundingChunks']);
  const supports = objectsIn(metadata['groundingSupports']);
  if (supports.length === 0) return chunks.map((chunk) => chunkCitation(chunk, {}));
  return supports.flatMap((support) => {
    const place = placeOf(asObject(support['segment']) ?? {}, places);
    const indices = support['groundingChunkIndices'];
    const cited = (Array.isArray(indices) ? indices : []).map((index) => chunks[Number(index)]);
    return cited.filter((chunk) => chunk !== undefined).map((chunk) => chunkCitation(chunk, place));
  });
}

type Place = Pick<Citation, 'start' | 'end' | 'quote'>;

function chunkCitation(chunk: JsonObject, place: Place): Citation {
  const source = asObject(chunk['web'] ?? chunk['retrievedContext'] ?? chunk['maps']) ?? {};
  const url = asString(source['uri']);
  const title = asString(source['title']);
  return {
    ...(url === undefined ? {} : { url }),
    ...(title === undefined ? {} : { title }),
    ...place,
    origin: WIRE,
    raw: { groundingChunk: chunk },
  };
}

function recitations(metadata: JsonObject, places: TextPlaces): readonly Citation[] {
  const citations = objectsIn(metadata['citations'] ?? metadata['citationSources']);
  // Vertex AI has empty ones among them.
  const telling = citations.filter(({ uri, title }) => uri !== undefined || title !== undefined);
  return telling.map((citation) => {
    const url = asString(citation['uri']);
    const title = asString(citation['title']);
    return {
      ...(url === undefined ? {} : { url }),
      ...(title === undefined ? {} : { title }),
      ...('endIndex' in citation ? placeOf(citation, places) : {}),
      origin: WIRE,
      raw: { citation },
    };
  });
}

/** Places are in bytes of the whole answer's text; a start of 0 is left out. */
function placeOf(segment: JsonObject, places: TextPlaces): Place {
  const quote = asString(segment['text']);
  const end = places.toUnits(asCount(segment['endIndex']) ?? 0);
  const start = places.toUnits(asCount(segment['startIndex']) ?? 0);
  const isPlaced = start !== undefined && end !== undefined && end > start;
  return { ...(quote === undefined ? {} : { quote }), ...(isPlaced ? { start, end } : {}) };
}

/** `groundingMetadata` and `citationMetadata` of a candidate whose answer cites something; no members otherwise. */
export function encodeCitations(citations: readonly Citation[], places: TextPlaces): JsonObject {
  const recited = citations.flatMap(({ raw }) => (isObject(raw) && isObject(raw['citation']) ? [raw['citation']] : []));
  const others = citations.filter(({ raw }) => !(isObject(raw) && isObject(raw['citation'])));
  return {
    ...(others.length > 0 ? { groundingMetadata: groundingMetadata(others, places) } : {}),
    ...(recited.length > 0 ? { citationMetadata: { citations: recited } } : {}),
  };
}

function groundingMetadata(citations: readonly Citation[], places: TextPlaces): JsonObject {
  const chunks = new Map<string, { index: number; chunk: JsonObject }>();
  const supports = new Map<string, { segment: JsonObject; groundingChunkIndices: number[] }>();
  for (const citation of citations) {
    const chunk = groundingChunk(citation);
    const chunkKey = JSON.stringify(chunk);
    if (!chunks.has(chunkKey)) chunks.set(chunkKey, { index: chunks.size, chunk });
    const segment = segmentOf(citation, places);
    if (!segment) continue;
    const key = JSON.stringify(segment);
    if (!supports.has(key)) supports.set(key, { segment, groundingChunkIndices: [] });
    supports.get(key)?.groundingChunkIndices.push(chunks.get(chunkKey)?.index ?? 0);
  }
  return {
    groundingChunks: [...chunks.values()].map(({ chunk }) => chunk),
    groundingSupports: [...supports.values()],
  };
}

/** A page of the web has an address; what has none is a document, and some clients read no answer where it is said otherwise. */
function groundingChunk({ url, title, quote, raw, origin }: Citation): JsonObject {
  const own = origin === WIRE && isObject(raw) ? asObject(raw['groundingChunk']) : undefined;
  if (own) return own;
  return url === undefined ? { retrievedContext: { title, text: quote } } : { web: { uri: url, title } };
}

function segmentOf({ start, end, quote }: Citation, places: TextPlaces): JsonObject | undefined {
  const endIndex = end === undefined ? undefined : places.toBytes(end);
  if (endIndex === undefined) return quote === undefined ? undefined : { text: quote };
  return { startIndex: places.toBytes(start ?? 0), endIndex, text: quote };
}
