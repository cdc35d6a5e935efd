import type { Citation } from '../../canonical/conversation.ts';
import { asCount, asObject, asString, isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';

/** Reads an entry of `annotations`; undefined when it is no citation of an address. */
export function readAnnotation(value: JsonObject): Citation | undefined {
  const citation = asObject(value['url_citation']);
  const url = citation && asString(citation['url']);
  if (url === undefined) return undefined;
  // A span that ends where the text begins is no place in it: the wire insists on numbers.
  const end = asCount(citation?.['end_index']) || undefined;
  return withoutUndefined({
    url,
    title: asString(citation?.['title']),
    quote: asString(citation?.['content']),
    start: end === undefined ? undefined : asCount(citation?.['start_index']),
    end,
    origin: 'openai-chat',
    raw: value,
  });
}

/** The sources of an answer as Perplexity names them: `search_results`, or addresses alone in `citations`. */
export function readSources(answer: JsonObject): Citation[] {
  const results = objectsIn(answer['search_results']).filter((result) => typeof result['url'] === 'string');
  if (results.length > 0) {
    return results.map((raw) =>
      withoutUndefined({
        url: raw['url'] as string,
        title: asString(raw['title']),
        quote: asString(raw['snippet']) || undefined,
        origin: 'openai-chat',
        raw,
      }),
    );
  }
  const addresses: unknown[] = Array.isArray(answer['citations']) ? answer['citations'] : [];
  return addresses
    .filter((url) => typeof url === 'string')
    .map((url) => ({ url, origin: 'openai-chat' as const, raw: url }));
}

/** A citation for a client; undefined for one that has no address, which this wire has no words for. */
export function writeAnnotation(citation: Citation): JsonObject | undefined {
  const { url, title, quote, start = 0, end = 0, origin, raw } = citation;
  if (origin === 'openai-chat' && isObject(raw) && isObject(raw['url_citation'])) return raw;
  if (url === undefined) return undefined;
  const content = quote === undefined ? {} : { content: quote };
  return {
    type: 'url_citation',
    url_citation: { url, title: title ?? '', ...content, start_index: start, end_index: end },
  };
}

function withoutUndefined(citation: { readonly [K in keyof Citation]: Citation[K] | undefined }): Citation {
  return Object.fromEntries(Object.entries(citation).filter(([, value]) => value !== undefined)) as unknown as Citation;
}
