import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { EmbeddingWireName } from './embeddings/embedding-wire.ts';
import type { RerankWireName } from './rerank/rerank-wire.ts';

/** The wires in which clients of a chat wire ask for the other operations that are translated. */
export const embeddingWireOf: Readonly<Partial<Record<ProtocolName, EmbeddingWireName>>> = {
  'openai-chat': 'openai',
  gemini: 'gemini',
  'cohere-chat': 'cohere',
};

export const rerankWireOf: Readonly<Partial<Record<ProtocolName, RerankWireName>>> = {
  'openai-chat': 'jina',
  'cohere-chat': 'cohere',
};

/** Wires whose requests go to the paths that OpenAI's layout has for the operation; the others have paths of their own. */
export const openaiPlaced: ReadonlySet<string> = new Set<EmbeddingWireName | RerankWireName>([
  'openai',
  'jina',
  'together',
]);
