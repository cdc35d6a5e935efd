import type { Part } from './conversation.ts';
import type { Usage } from './usage.ts';

/** A whole answer, whatever wire it came on. */
export interface ChatAnswer {
  /** Undefined when the wire has none; an encoder whose wire needs one uses the exchange's. */
  readonly id: string | undefined;
  /** The model's name as the upstream gives it. */
  readonly model: string | undefined;
  /** Seconds since 1970. */
  readonly created: number | undefined;
  readonly choices: readonly Choice[];
  readonly usage: Usage | undefined;
  readonly serviceTier: string | undefined;
}

export interface Choice {
  readonly index: number;
  /** In order: text, reasoning, tool calls, refusals, media. */
  readonly parts: readonly Part[];
  readonly finish: Finish;
  /** As OpenAI's chat wire has them: `{content: [...]}`. */
  readonly logprobs: unknown;
}

/** Why an answer ended. */
export interface Finish {
  readonly reason: FinishReason;
  /** The upstream's own word. */
  readonly raw: string | undefined;
  /** The stop sequence that was met, where the upstream tells. */
  readonly stopSequence?: string;
}

/** `paused`: the provider wants the conversation back to go on. `other`: a word newer than this table. */
export type FinishReason =
  | 'stop'
  | 'stop-sequence'
  | 'length'
  | 'tool-calls'
  | 'content-filter'
  | 'refusal'
  | 'paused'
  | 'other';

/** Whether an answer holds nothing and does not say why it ended: it is none. One that ended without a word is one. */
export function saysNothing({ choices }: Pick<ChatAnswer, 'choices'>): boolean {
  return choices.every(
    ({ parts, finish }) => parts.length === 0 && finish.reason === 'other' && finish.raw === undefined,
  );
}
