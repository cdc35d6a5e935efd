import * as z from 'zod';
import { integer } from './field.ts';

/** Dollars for a million tokens. */
const dollars = () => z.number().min(0).max(1_000_000).optional();

const tokenPrices = {
  input: dollars().describe('Input.'),
  cached_input: dollars().describe('Input read from a prompt cache. Default: `input`.'),
  cache_write: dollars().describe('Input written to a prompt cache. Default: `input`.'),
  cache_write_1h: dollars().describe('Input written to a prompt cache for an hour. Default: `cache_write`.'),
  output: dollars().describe('Output.'),
  reasoning: dollars().describe('Output that is reasoning. Default: `output`.'),
  audio_input: dollars().describe('Input that is audio. Default: `input`.'),
  audio_output: dollars().describe('Output that is audio. Default: `output`.'),
  image_input: dollars().describe('Input that is pictures. Default: `input`.'),
  image_output: dollars().describe('Output that is pictures. Default: `output`.'),
  cached_audio_input: dollars().describe('Audio read from a prompt cache. Default: `cached_input`.'),
  cached_image_input: dollars().describe('Pictures read from a prompt cache. Default: `cached_input`.'),
};

const usualPrices = {
  ...tokenPrices,
  per_request: z.number().min(0).max(1_000).optional().describe('Dollars for each request besides its tokens.'),
  per_search_unit: z
    .number()
    .min(0)
    .max(1_000)
    .optional()
    .describe('Dollars for each search unit of reranking. Without `input`, tokens beside them cost nothing.'),
  long_context: z
    .array(
      z.object({
        above_input_tokens: integer(1).describe('Input tokens above which all of a request costs so.'),
        ...tokenPrices,
      }),
    )
    .optional()
    .describe('Prices of requests with long inputs; what is left out costs what it does below.'),
};

const tierPrices = z.object({
  factor: z
    .number()
    .min(0)
    .max(1_000)
    .optional()
    .describe('A multiple of all usual prices. Where it is given, prices beside it are not looked at.'),
  ...usualPrices,
});

const prices = z.object({
  ...usualPrices,
  tiers: z
    .record(z.string().regex(/^[a-z0-9_-]{1,64}$/, 'must be the name of a tier, in small letters'), tierPrices)
    .optional()
    .describe(
      'Prices of tiers of service, such as `flex`, `priority` or `batch`, by the names that answers have for them. Alone they leave the known usual prices as they are.',
    ),
});

/** Prices of a model as a file gives them. */
export type FilePrices = z.output<typeof prices>;
/** Those of its usual tier of service. */
export type FileUsualPrices = Omit<FilePrices, 'tiers'>;
/** Those of one of its other tiers. */
export type FileTierPrices = z.output<typeof tierPrices>;

const can = (what: string) => z.boolean().optional().describe(`Whether it ${what}.`);

/** What a file may state of a model, in an entry of `models`. */
export const modelFactFields = {
  context_window: integer(1).optional().describe('Tokens of input and output together. Default: what is known of it.'),
  max_output_tokens: integer(1).optional().describe('Tokens of one answer at most. Default: what is known of it.'),
  capabilities: z
    .object({
      tools: can('calls tools'),
      vision: can('reads pictures'),
      audio: can('hears'),
      documents: can('reads documents'),
      reasoning: can('reasons before it answers'),
      structured_output: can('answers by a JSON schema'),
      streaming: can('streams'),
    })
    .optional()
    .describe('What the model can do; what is left out is as known. Never a reason to refuse a request.'),
  pricing: prices.optional().describe('Dollars for a million tokens. They replace all known prices of the model.'),
};

/** What a file states of a model. */
export type FileModelFacts = z.output<z.ZodObject<typeof modelFactFields>>;

/** Whether an entry of `models` says anything of the model itself. */
export function statesFacts(entry: FileModelFacts): boolean {
  return Object.keys(modelFactFields).some((key) => entry[key as keyof FileModelFacts] !== undefined);
}

/** `pricing`: prices by model. */
export const pricingSection = z
  .record(z.string(), prices)
  .default({})
  .describe('Dollars for a million tokens, by the name of the model. The same as `models.<name>.pricing`.');
