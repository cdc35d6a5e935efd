import * as z from 'zod';
import { parseStickyBy } from '../sticky-by.ts';
import { integer, percent, text } from './field.ts';

/** What becomes of a stream that breaks. */
export const streamRecovery = () => z.enum(['auto', 'continue', 'restart', 'buffer', 'error']);

const stickyBy = () =>
  z
    .string()
    .refine(
      (value) => parseStickyBy(value) !== undefined,
      'must be `key`, `conversation`, or `header:` and the name of a header',
    );

const percentile = () => percent(50, 99.9);
const minDelay = () => integer(0, 3_600_000);

/** How every route treats its requests. */
export const routeOptionFields = {
  stream_recovery: streamRecovery()
    .default('auto')
    .describe(
      'What becomes of a stream that breaks after its beginning went out. `continue`: a target that can go on with a begun answer finishes it. `restart`: another target answers anew. `buffer`: nothing goes out before the answer is whole. `error`: it ends with an error. `auto`: the first of `continue`, `restart` and `error` that can be done.',
    ),
  sticky_by: stickyBy()
    .default('key')
    .describe(
      'By what the strategy `sticky` keeps requests together: the API `key`, the `conversation`, or `header:<name>`, the value of a header.',
    ),
  hedging: z
    .object({
      enabled: z.boolean().default(true).describe('Switches this on.'),
      percentile: percentile()
        .default(95)
        .describe("A first token is late when it takes longer than so many percent of the route's do."),
      min_delay_ms: minDelay().default(500).describe('It is never late before this, in milliseconds.'),
      max_extra_percent: percent().default(5).describe('Second requests at most, in percent of all.'),
    })
    .optional()
    .describe(
      'Asks a second target when the first is slow to speak; who speaks first is heard, and both may cost tokens. Without this section it is off.',
    ),
  single_flight: z
    .boolean()
    .default(false)
    .describe('Identical requests of one caller that run at the same time share one answer.'),
};

/** How the routes of one pool treat theirs. */
export const poolOptionFields = {
  stream_recovery: streamRecovery()
    .optional()
    .describe('What becomes of a stream that breaks. Default: `routing.stream_recovery`.'),
  sticky_by: stickyBy().optional().describe('By what requests are kept together. Default: `routing.sticky_by`.'),
  hedging: z
    .object({
      enabled: z.boolean().default(true).describe('Switches this on.'),
      percentile: percentile().optional().describe('When a first token is late. Default: as in `routing.hedging`.'),
      min_delay_ms: minDelay()
        .optional()
        .describe('It is never late before this, in milliseconds. Default: as in `routing.hedging`.'),
      max_extra_percent: percent()
        .optional()
        .describe('Second requests at most, in percent of all. Default: as in `routing.hedging`.'),
    })
    .optional()
    .describe('Asks a second target when the first is slow to speak. Default: `routing.hedging`.'),
  single_flight: z
    .boolean()
    .optional()
    .describe('Identical requests of one caller share one answer. Default: `routing.single_flight`.'),
};

/** What a pool says of its routes, as a file gives it. */
export type FilePoolOptions = z.output<z.ZodObject<typeof poolOptionFields>>;

/** Settings of `routing.hedging`, as a file gives them. */
export type FileHedging = z.output<typeof routeOptionFields.hedging>;

const modelNames = (failure: string) => z.array(text()).default([]).describe(`After ${failure}; tried in order.`);

/** Models to go on with: a list for any failure, or a list for each kind. */
export const fallbackModels = () =>
  z.union([
    z.array(text()),
    z.object({
      context_exceeded: modelNames("a request that is longer than the model's window"),
      content_refused: modelNames('content that the provider refused'),
      any: modelNames('any other failure that another model could cure'),
    }),
  ]);

/** Models to go on with, as a file gives them. */
export type FileFallbackModels = z.output<ReturnType<typeof fallbackModels>>;
