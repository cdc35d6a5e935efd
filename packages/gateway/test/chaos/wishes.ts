import { answerText } from '@llm-gateway/simulator';
import { type WireCaller, wireCallers } from '../failures/wire-callers.ts';
import { createDice } from './dice.ts';
import type { Plain } from './faults.ts';

/** How many targets there are, each at a simulator of its own. */
export const targetCount = 5;

/** The public models: the same targets, and another way to treat what goes wrong. */
export const models: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  auto: { stream_recovery: 'auto' },
  restart: { stream_recovery: 'restart' },
  continue: { stream_recovery: 'continue' },
  buffer: { stream_recovery: 'buffer' },
  error: { stream_recovery: 'error' },
  hedged: { hedging: { percentile: 50, min_delay_ms: 20, max_extra_percent: 50 } },
};
const names = ['auto', 'auto', ...Object.keys(models)];

/** One request, all of it decided before it is sent. */
export interface Wish {
  readonly number: number;
  readonly id: string;
  readonly caller: WireCaller;
  readonly model: string;
  readonly stream: boolean;
  /** What each target answers when it answers well. */
  readonly plain: readonly Plain[];
  /** All targets answer the same text. */
  readonly agree: boolean;
  /** Leaves after so many milliseconds, or after so many bytes of the reply; undefined: stays. */
  readonly leave: { readonly afterMs: number } | { readonly afterBytes: number } | undefined;
  /** Stops reading for so many milliseconds after its first bytes. */
  readonly pauseMs: number;
  /** Its connection serves other requests, too. */
  readonly keepsConnection: boolean;
  /** How many of the attempts fail, from 0 to 1. */
  readonly faultRate: number;
}

const prefix = 'chaos.';

/** The request with this number. */
export function wishOf(seed: number, number: number): Wish {
  const dice = createDice(seed, 'wish', number);
  // Half of all callers speak the commonest wire.
  const caller = dice.happens(0.5) ? wireCallers[0]! : dice.pick(wireCallers);
  const agree = dice.happens(0.85);
  const tokens = agree ? dice.pick([1, 5, 12, 30]) : dice.pick([12, 30]);
  return {
    number,
    id: `${prefix}${number}`,
    caller,
    model: dice.pick(names),
    // Only a stream comes in the form of an array.
    stream: caller.name !== caller.wire || dice.happens(0.65),
    plain: Array.from({ length: targetCount }, (_, target) =>
      agree ? { tokens } : { tokens, differs: 2 * target + 1 },
    ),
    agree,
    leave: leaveOf(dice.roll(), dice.roll()),
    pauseMs: dice.happens(0.05) ? dice.between(1, 80) : 0,
    keepsConnection: dice.happens(0.5),
    faultRate: dice.pick([0, 0.3, 0.3, 0.6, 1]),
  };
}

function leaveOf(whether: number, when: number): Wish['leave'] {
  if (whether < 0.08) return { afterMs: when * 60 };
  if (whether < 0.15) return { afterBytes: when * 4_000 };
  return undefined;
}

/** The number of the request that an id belongs to; NaN for any other. */
export function numberOf(id: unknown): number {
  return typeof id === 'string' && id.startsWith(prefix) ? Number(id.slice(prefix.length)) : Number.NaN;
}

/** The whole texts that the targets of a request have. */
export function textsOf({ plain, agree }: Wish): string[] {
  const texts = plain.map(({ tokens, differs }) => answerText(tokens, differs));
  return agree ? texts.slice(0, 1) : texts;
}

/** Texts that begin as one target's and go on as another's: what is right where the second continued the first. */
export function continuedTexts({ plain }: Wish): string[] {
  const words = plain.map(({ tokens, differs }) => answerText(tokens, differs).split(' '));
  return words.flatMap((first) =>
    words.flatMap((second) => first.map((_, at) => [...first.slice(0, at), ...second.slice(at)].join(' '))),
  );
}
