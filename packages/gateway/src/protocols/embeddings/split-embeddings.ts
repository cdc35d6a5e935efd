import { addUsage } from '../../canonical/usage.ts';
import type { EmbeddingAnswer, EmbeddingInput, EmbeddingRequest, EmbeddingUpstreamSide } from './embedding-wire.ts';

/** What a wire takes in one call. */
export interface CallLimits extends Pick<EmbeddingUpstreamSide, 'maxInputs' | 'standsAlone'> {
  /** Name of the model at the target. */
  readonly model: string;
}

/** A request as as many calls as a wire needs that takes `maxInputs` at once, and some only alone. */
export function splitEmbeddings(request: EmbeddingRequest, limits: CallLimits): readonly EmbeddingRequest[] {
  const { maxInputs, model, standsAlone = () => false } = limits;
  const calls: EmbeddingInput[][] = [];
  let isClosed = true;
  for (const input of request.inputs) {
    const isAlone = standsAlone(input, model);
    if (isClosed || isAlone) calls.push([]);
    const call = calls.at(-1)!;
    call.push(input);
    isClosed = isAlone || call.length === maxInputs;
  }
  return calls.length <= 1 ? [request] : calls.map((inputs) => ({ ...request, inputs }));
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
