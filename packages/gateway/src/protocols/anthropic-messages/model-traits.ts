/** What a generation of Claude models takes; names that are not Claude's count as the oldest, which takes the most. */
export interface ModelTraits {
  /** `budget`: a number of tokens is given; `effort`: the model thinks as much as it likes, guided by a word. */
  readonly thinksBy: 'budget' | 'effort';
  /** Thinking is on when nothing is said of it. */
  readonly thinksUnasked: boolean;
  /** Thinking cannot be turned off. */
  readonly thinksAlways: boolean;
  /** Knows the effort `xhigh`. */
  readonly knowsXhigh: boolean;
  /** Refuses a temperature other than 1, a `top_p` under 0.99 and any `top_k`. */
  readonly fixesSampling: boolean;
  /** Goes on with an assistant's turn at the end of the conversation. */
  readonly takesPrefill: boolean;
}

/** `claude-sonnet-4-20250514` is 4.0 of 2025-05-14: a minor version has one or two digits. */
const named = /claude-(opus|sonnet|haiku|fable|mythos)(?:-(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?)?/;

/** Models up to the third generation have their version before their family. */
const third = /claude-(?:[23][-.]|instant)/;

/**
 * Traits by the model's name. From 4.6 on models are made for adaptive thinking, from 4.7 on they refuse a budget with
 * 400 and fix their sampling; since 5 they think unless told not to, since 5.5 (and all of Fable and Mythos) always.
 * Source: platform.claude.com/docs, "Adaptive thinking" and "What's new in Claude Opus 5" and "… 5.5". Those from 4.6 on
 * answer 400 to a conversation that ends in an assistant's turn ("What's new in Claude 4.6", "Prefill removal"); of
 * others that are asked over this wire it is not known.
 */
export function modelTraits(model: string | undefined): ModelTraits {
  const [, family, major, minor] = named.exec(model ?? '') ?? [];
  const isLatest = family === 'fable' || family === 'mythos';
  const version = isLatest ? 505 : Number(major ?? 0) * 100 + Number(minor ?? 0);
  return {
    thinksBy: version >= 406 ? 'effort' : 'budget',
    thinksUnasked: version >= 500,
    thinksAlways: version >= 505,
    knowsXhigh: version >= 407,
    fixesSampling: version >= 407,
    takesPrefill: (major !== undefined && version < 406) || third.test(model ?? ''),
  };
}
