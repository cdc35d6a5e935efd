import * as z from 'zod';

// The longest delay that a timer of the runtime can hold, in seconds; longer ones would fire at once.
const MAX_SECONDS = 2_147_483;

// Fields of one kind share a schema, which what is said of a field does not change: making hundreds takes some ms.
const filledText = z.string().min(1);
const positiveSeconds = z.number().positive().max(MAX_SECONDS);
const integers = new Map<string, z.ZodNumber>();

/** Text that is not empty. */
export const text = () => filledText;

/** A whole number within limits. */
export function integer(minimum: number, maximum = 1_000_000_000): z.ZodNumber {
  const name = `${minimum} to ${maximum}`;
  const known = integers.get(name) ?? z.number().int().min(minimum).max(maximum);
  integers.set(name, known);
  return known;
}

/** A TCP port; 0 has a meaning of its own where it is allowed. */
export const port = () => integer(0, 65_535);

/** A duration in seconds, fractions allowed. */
export const seconds = () => positiveSeconds;

/** A duration in seconds that may be nothing, fractions allowed. */
export const secondsOrNone = () => z.number().min(0).max(MAX_SECONDS);

/** A share in percent, fractions allowed. */
export const percent = (minimum = 0, maximum = 100) => z.number().min(minimum).max(maximum);

/** A value that may name a variable which is not set; it is null then. */
export const secret = () => z.string().min(1).nullable().optional();

/** Base URL of an upstream; null when it names a variable that is not set. */
export const address = () =>
  z.string().refine(isHttpUrl, 'must be an address that begins with http:// or https://').nullable().optional();

/** What becomes of a limit while nobody answers who counts it for all. */
export const whenAway = () => z.enum(['open', 'closed']);

/** IP addresses and CIDR ranges, both versions. */
export const addressRanges = () => z.array(z.string().refine(isAddressRange, 'must be an IP address or a CIDR range'));

function isHttpUrl(value: string): boolean {
  return /^https?:\/\//i.test(value) && URL.canParse(value);
}

const addressRange = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

function isAddressRange(value: string): boolean {
  return addressRange.safeParse(value).success;
}
