import * as z from 'zod';
import { isAddressOrRange } from '../../policies/address-set.ts';

export const MOST_LISTED = 1_000;
const LONGEST_METADATA = 16_384;
/** What is nested by the thousand can be parsed, but not written again: lists with it could not be shown. */
const DEEPEST_METADATA = 32;
const FIRST_TIME = Date.parse('0000-01-01T00:00:00Z');
const LAST_TIME = Date.parse('9999-12-31T23:59:59.999Z');

/** A name that people read. */
export const name = () => visible(z.string().trim(), 128);

/** A model's name. */
export const modelName = () => visible(z.string().trim(), 256);

/** A model's name, or the beginning of one with `*` after it. An asterisk elsewhere would stand for itself, in no name. */
export const modelPattern = () =>
  modelName().regex(/^[^*]*\*?$/, 'may have one `*`, which stands at its end for any rest');

/** An id, or another name by which something is looked for. PostgreSQL fails at a text with a zero in it. */
export const reference = (longest = 128) => visible(z.string(), longest);

/** The id of a tenant: who makes it chooses it. Paths that end in dots alone lead elsewhere, however they are encoded. */
export const tenantId = () =>
  z
    .string()
    .regex(
      /^(?!\.{1,2}$)[\w.:@-]{1,128}$/,
      'must be 1 to 128 letters, digits or the characters . _ : @ -, not dots alone',
    );

export const limit = () => z.number().int().min(1).max(1_000_000_000);

/** Tokens; as many as sums of them are exact in. */
export const tokenBudget = () => z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

export const address = () =>
  z
    .url()
    .max(2_048)
    .refine(isPlainAddress, 'must be an http or https address without user, password, query and fragment');

export const addressRange = () => z.string().max(64).refine(isAddressOrRange, 'must be an IP address or a CIDR range');

/** A time, read as milliseconds since 1970. Away from UTC it may be of a year that no time is written with. */
export const time = () =>
  z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .refine((at) => at >= FIRST_TIME && at <= LAST_TIME, 'must be within the years 0000 to 9999 of UTC');

/** Whatever its owner wants to remember, within bounds. */
export const metadata = () =>
  z
    .record(z.string().max(256), z.unknown())
    .refine(
      (value) => isWithin(value, DEEPEST_METADATA) && JSON.stringify(value).length <= LONGEST_METADATA,
      `must be shorter than ${LONGEST_METADATA} characters, and ${DEEPEST_METADATA} levels deep at most`,
    );

/** A page of a list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(MOST_LISTED).optional().describe('At most so many. Default: 1,000.'),
  after: reference().optional().describe('Only those after the one with this id, which must be in the list still.'),
};

/** A time as it is answered. */
export const shownTime = () => z.iso.datetime();

/** Milliseconds since 1970 as they are answered. */
export function isoOf(at: number): string {
  return new Date(at).toISOString();
}

export function isoOrNull(at: number | null): string | null {
  return at === null ? null : isoOf(at);
}

/** Whether no more than so many objects and lists lie within one another. */
function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isWithin(inner, levels - 1));
}

function isPlainAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { hash, password, protocol, search, username } = new URL(text);
  return /^https?:$/.test(protocol) && `${hash}${password}${search}${username}` === '';
}

function visible(text: z.ZodString, longest: number): z.ZodString {
  return text
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}]*$/u, 'must not have control characters');
}
