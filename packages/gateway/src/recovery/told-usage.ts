import { type Usage, unfinishedUsage } from '../canonical/usage.ts';
import { sentTokens } from './prefilled-request.ts';
import type { ResumptionMode } from './resumption.ts';
import type { SentAnswer } from './sent-answer.ts';

/** Tokens of a stream that broke off. */
export interface CutUsage {
  readonly usage: Usage;
  /** The provider said how long the request was; otherwise that is an estimate as well. */
  readonly isInputReported: boolean;
  /** Always: what a provider reports of an answer that it never ended is not the whole of it. */
  readonly isEstimated: true;
}

/** `inputEstimate`: tokens of the request, for providers that tell only at the end. */
export function estimatedUsage({ usage, ...sent }: SentAnswer, inputEstimate: number): CutUsage {
  const estimate = { input: inputEstimate, output: sentTokens({ usage, ...sent }) };
  return {
    usage: unfinishedUsage(usage, estimate),
    isInputReported: usage !== undefined && usage.input > 0,
    isEstimated: true,
  };
}

export interface CombinedUsageInput {
  readonly mode: ResumptionMode;
  /** What the stream had come to before, as the caller would have been told. */
  readonly cut: CutUsage;
  /** What the attempt that went on with it reports. */
  readonly last: Usage;
}

/**
 * What a caller is told that its answer took, which is one answer to it. An attempt that began anew made the whole of it.
 * One that went on was asked with what was sent before: that is the caller's output, and no part of its request.
 */
export function combinedUsage({ mode, cut, last }: CombinedUsageInput): Usage {
  if (mode === 'restart') return last;
  const {
    output: _output,
    reasoning: _reasoning,
    audioOutput: _audio,
    imageOutput: _image,
    ...asked
  } = cut.isInputReported ? cut.usage : last;
  const made = {
    output: cut.usage.output + last.output,
    reasoning: sum(cut.usage.reasoning, last.reasoning),
    audioOutput: sum(cut.usage.audioOutput, last.audioOutput),
    imageOutput: sum(cut.usage.imageOutput, last.imageOutput),
  };
  return withoutUnknown({ ...asked, ...made });
}

function sum(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined && right === undefined ? undefined : (left ?? 0) + (right ?? 0);
}

type Counts = { readonly [Key in keyof Usage]: Usage[Key] | undefined };

/** The counts that are known; those that every usage has are. */
function withoutUnknown(counts: Counts): Usage {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined)) as unknown as Usage;
}
