import type { SimulatedCitation } from '../behaviours.ts';
import { answerId } from './answer.ts';

/** What is cited, and the whole text that it is cited for. */
export interface Cited {
  readonly citations: readonly SimulatedCitation[];
  readonly text: string;
}

/** OpenAI's annotations of a chat message. */
export function chatAnnotations(cited: Cited): object[] {
  return responseAnnotations(cited).map(({ type, ...url_citation }) => ({ type, url_citation }));
}

/** OpenAI's annotations of a response's text. */
export function responseAnnotations({ citations, text }: Cited) {
  return citations.map(({ title = '', url = '' }) => {
    return { type: 'url_citation', start_index: 0, end_index: text.length, title, url };
  });
}

/** Anthropic's citations of a text block: of a search result when there is a URL, else of the first document. */
export function anthropicCitations({ citations }: Cited): object[] {
  return citations.map(({ title = null, url, citedText }, index) => {
    const cited_text = citedText;
    if (url !== undefined) {
      return { type: 'web_search_result_location', cited_text, url, title, encrypted_index: answerId('index', index) };
    }
    const place = { document_index: 0, document_title: title, file_id: null };
    return { type: 'char_location', cited_text, ...place, start_char_index: 0, end_char_index: citedText.length };
  });
}

/** Gemini's grounding of a candidate; its positions count bytes. */
export function groundingMetadata({ citations, text }: Cited): object {
  return {
    groundingChunks: citations.map(({ title = '', url = '' }) => ({ web: { uri: url, title } })),
    groundingSupports: citations.map((_, index) => ({
      segment: { startIndex: 0, endIndex: Buffer.byteLength(text), text },
      groundingChunkIndices: [index],
    })),
  };
}

/** Cohere's citations of a message. */
export function cohereCitations({ citations, text }: Cited, contentIndex: number): object[] {
  return citations.map(({ title = '', url, citedText }, index) => {
    const document = { id: `doc:${index}`, title, text: citedText, ...(url !== undefined && { url }) };
    const sources = [{ type: 'document', id: document.id, document }];
    return { start: 0, end: text.length, text, sources, type: 'TEXT_CONTENT', content_index: contentIndex };
  });
}

/** Bedrock's citations of a text: of a web page when there is a URL, else of the first document. */
export function bedrockCitations({ citations }: Cited): object[] {
  return citations.map(({ title = '', url, citedText }) => {
    const web =
      url === undefined ? undefined : { web: { url, domain: URL.canParse(url) ? new URL(url).hostname : '' } };
    const location = web ?? { documentChar: { documentIndex: 0, start: 0, end: citedText.length } };
    return { title, sourceContent: [{ text: citedText }], location };
  });
}
