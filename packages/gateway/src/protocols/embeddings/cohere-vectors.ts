import { asObject, type JsonObject } from '../../canonical/json.ts';
import type { EmbeddingDecodeContext } from './embedding-wire.ts';
import { checkVectors, decodeVector } from './vectors.ts';

/** The vectors of an answer: by type, or bare as models before types have them (`response_type: embeddings_floats`). */
export function decodeCohereVectors(body: JsonObject, context: EmbeddingDecodeContext): readonly ArrayLike<number>[] {
  const embeddings = body['embeddings'];
  const byType = asObject(embeddings);
  const list = byType ? (byType['float'] ?? byType['base64']) : embeddings;
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  return checkVectors(
    items.map((item) => decodeVector(item, context)),
    context,
  );
}
