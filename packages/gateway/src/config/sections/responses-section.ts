import * as z from 'zod';
import { integer, seconds } from './field.ts';

/** `responses`: answers that are kept for `previous_response_id`. */
export const responsesSection = z
  .object({
    store: z
      .boolean()
      .default(true)
      .describe(
        'Keeps answers of `/v1/responses` that the gateway translates, unless the request says `store: false`.',
      ),
    max_entries: integer(1).default(10_000).describe('Answers kept at most; the least recently used goes first.'),
    max_bytes: integer(1, 64 * 1024 * 1024 * 1024)
      .default(64 * 1024 * 1024)
      .describe('Bytes of all that is kept, at most. One conversation of more than 4 MiB is not kept.'),
    ttl_seconds: seconds().default(86_400).describe('How long an answer is kept, in seconds.'),
  })
  .prefault({})
  .describe('Answers of the Responses API that are kept in memory for later requests.');
