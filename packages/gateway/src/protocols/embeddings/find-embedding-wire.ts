import { bedrockCohereEmbeddings, bedrockTitanEmbeddings } from './bedrock.ts';
import { cohereEmbeddings } from './cohere.ts';
import type { EmbeddingWire, EmbeddingWireName } from './embedding-wire.ts';
import { geminiEmbeddings } from './gemini.ts';
import { openaiEmbeddings } from './openai.ts';

const wires: Readonly<Record<EmbeddingWireName, EmbeddingWire>> = {
  openai: openaiEmbeddings,
  gemini: geminiEmbeddings,
  cohere: cohereEmbeddings,
  'bedrock-titan': bedrockTitanEmbeddings,
  'bedrock-cohere': bedrockCohereEmbeddings,
};

/** The wire format of a name. */
export function findEmbeddingWire(name: EmbeddingWireName): EmbeddingWire {
  return wires[name];
}
