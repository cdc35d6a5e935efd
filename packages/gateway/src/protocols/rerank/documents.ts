import { asString, isObject } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { invalidField, type RequestFields } from '../request-fields.ts';
import type { RerankDocument, RerankRequest } from './rerank-wire.ts';

/** The documents of a caller's request: texts, or objects. */
export function decodeDocuments(fields: RequestFields): readonly RerankDocument[] {
  const documents = fields.array('documents') ?? [];
  if (documents.length === 0) {
    throw invalidField('documents', fields.has('documents') ? 'must hold at least one document' : 'is required');
  }
  return documents.map((document, index) => {
    if (typeof document === 'string' || isObject(document)) return document;
    throw invalidField(`documents[${index}]`, 'must be a string or an object');
  });
}

/**
 * A document for a wire that takes text only. Of an object, the members to look at become lines of `name: value`, as
 * Cohere advises for documents with several of them; one that has nothing but a text is that text.
 */
export function documentText(document: RerankDocument, { rankFields }: Pick<RerankRequest, 'rankFields'>): string {
  if (typeof document === 'string') return document;
  const names = rankFields ?? Object.keys(document);
  const members = names.filter((name) => document[name] !== undefined && document[name] !== null);
  const text = members.length === 1 && members[0] === 'text' ? asString(document['text']) : undefined;
  return text ?? members.map((name) => `${name}: ${memberText(document[name])}`).join('\n');
}

function memberText(value: unknown): string {
  return typeof value === 'string' ? value : writeExact(value);
}
