import { addUsage } from '../../canonical/usage.ts';
import type { EmbeddingAnswer, EmbeddingRequest } from './embedding-wire.ts';

/** A request as as many calls as a wire needs that takes `maxInputs` at once. */
export function splitEmbeddings(request: EmbeddingRequest, maxInputs: number): readonly EmbeddingRequest[] {
  const { inputs } = request;
  if (inputs.length <= maxInputs) return [request];
  const count = Math.ceil(inputs.length / maxInputs);
  return Array.from({ length: count }, (_, index) => ({
    ...request,
    inputs: inputs.slice(index * maxInputs, (index + 1) * maxInputs),
  }));
}

/** The answers of those calls as one. Usage is known only when every call reports it. */
export function joinEmbeddings(answers: readonly EmbeddingAnswer[]): EmbeddingAnswer {
  const usages = answers.map(({ usage }) => usage);
  return {
    id: answers[0]?.id,
    model: answers[0]?.model,
    vectors: answers.flatMap(({ vectors }) => vectors),
    usage: usages.every((usage) => usage !== undefined) ? usages.reduce(addUsage) : undefined,
  };
}
