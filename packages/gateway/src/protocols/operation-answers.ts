import type { Operation } from '../canonical/operation.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { Usage } from '../canonical/usage.ts';
import { findEmbeddingWire } from './embeddings/find-embedding-wire.ts';
import { embeddingWireOf, rerankWireOf } from './operation-wires.ts';
import type { AnswerMembers } from './protocol.ts';
import { findRerankWire } from './rerank/find-rerank-wire.ts';

/** What a whole answer of an operation that is no chat has, where it is passed on as it came. */
export interface OperationAnswer {
  readonly members: AnswerMembers;
  /** Reads the member that tells the usage. */
  readonly decodeUsage: (value: unknown) => Usage | undefined;
}

/** That of embeddings and reranking in a caller's wire; undefined for what is neither. */
export function findOperationAnswer(operation: Operation, protocol: ProtocolName): OperationAnswer | undefined {
  if (operation === 'embeddings') {
    const wire = embeddingWireOf[protocol];
    return wire && findEmbeddingWire(wire).upstream.answer;
  }
  if (operation !== 'rerank') return undefined;
  const wire = rerankWireOf[protocol];
  return wire && findRerankWire(wire).upstream.answer;
}
