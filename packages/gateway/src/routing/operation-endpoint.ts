import type { EmbeddingWireName } from '../protocols/embeddings/embedding-wire.ts';
import { openaiPlaced } from '../protocols/operation-wires.ts';
import type { RerankWireName } from '../protocols/rerank/rerank-wire.ts';
import type { Target } from './target.ts';

/** The wire in which a target is asked for embeddings: the caller's own where it speaks it, its preferred one otherwise. */
export function embeddingWireAt(
  target: Target,
  own: EmbeddingWireName | undefined,
  model: string | undefined,
): EmbeddingWireName | undefined {
  const wires = target.operations.embeddings(model).filter((wire) => isOffered(target, 'embeddings', { wire, model }));
  return wires.find((wire) => wire === own) ?? wires[0];
}

export function rerankWireAt(
  target: Target,
  own: RerankWireName | undefined,
  model: string | undefined,
): RerankWireName | undefined {
  const wires = target.operations.rerank.filter((wire) => isOffered(target, 'rerank', { wire, model }));
  return wires.find((wire) => wire === own) ?? wires[0];
}

interface WireOfModel {
  readonly wire: string;
  readonly model: string | undefined;
}

/** Wires that lie where OpenAI's do are offered only where the target has such paths. */
function isOffered(target: Target, operation: 'embeddings' | 'rerank', { wire, model }: WireOfModel): boolean {
  return !openaiPlaced.has(wire) || target.pathOf(operation, model, operation) !== undefined;
}
