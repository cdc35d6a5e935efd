import * as z from 'zod';
import { addressRanges, integer, seconds, secret, text, whenAway } from './field.ts';

const ipFilter = z
  .object({
    enabled: z.boolean().default(true).describe('Switches the filter on.'),
    allowlist: addressRanges().optional().describe('When not empty, only these addresses and CIDR ranges may call.'),
    whitelist: addressRanges().optional().describe('Same as `allowlist`.'),
    allow: addressRanges().optional().describe('Same as `allowlist`.'),
    denylist: addressRanges()
      .optional()
      .describe('These addresses and CIDR ranges may never call; wins over `allowlist`.'),
    blacklist: addressRanges().optional().describe('Same as `denylist`.'),
    deny: addressRanges().optional().describe('Same as `denylist`.'),
  })
  .optional()
  .describe('Which addresses may call.');

const addressLimit = z
  .object({
    enabled: z.boolean().default(true).describe('Switches this limit on.'),
    requests_per_minute: integer(1)
      .default(1000)
      .describe('Requests per minute for each tenant, or address without one.'),
    burst_size: integer(1).default(100).describe('Requests at once; the bucket then refills at the rate above.'),
    algorithm: z.enum(['token_bucket', 'sliding_window']).default('token_bucket').describe('How requests are counted.'),
    when_redis_is_away: whenAway().optional().describe('For this limit, in place of `redis.when_away`.'),
  })
  .optional()
  .describe('Limit for each tenant or address. Without this section there is none.');

const requestSigning = z
  .object({
    enabled: z.boolean().default(true).describe('Asks for a signature on every request.'),
    algorithm: z.enum(['hmac-sha256']).default('hmac-sha256').describe('How requests are signed.'),
    header_name: text().default('X-Signature').describe('Header that carries the signature.'),
    secret: secret().describe('Shared secret. Default: the variable REQUEST_SIGNING_SECRET.'),
  })
  .optional()
  .describe('Signatures that callers must send.');

/** `security`: filters, limits and checks of incoming requests. */
export const securitySection = z
  .object({
    enabled: z.boolean().default(true).describe('Switches everything in this section on or off.'),
    ip_filter: ipFilter,
    rate_limit: addressLimit,
    headers: z
      .object({
        remove_sensitive: z.boolean().default(true).describe('Removes headers that tell about the software behind.'),
        add_security_headers: z
          .boolean()
          .default(true)
          .describe('Adds headers that browsers heed, such as a content policy.'),
        allowed_hosts: z.array(text()).default([]).describe('Host names that requests may be sent to. Empty: any.'),
      })
      .prefault({})
      .describe('Headers of requests and answers.'),
    request_signing: requestSigning,
    validation: z
      .object({
        max_request_size_bytes: integer(1, 1_073_741_824)
          .default(10_485_760)
          .describe('Largest body of a request, in bytes.'),
        max_messages: integer(1).default(10_000).describe('Messages in one request.'),
        max_message_length: integer(1).default(10_000_000).describe('Characters of text in one message.'),
        max_depth: integer(4, 1000).default(128).describe('Levels of nesting in the JSON of a request.'),
      })
      .prefault({})
      .describe('Limits on what a request may contain.'),
    media: z
      .object({
        fetch: z
          .boolean()
          .default(true)
          .describe('Fetches pictures and documents that a request names by URL, for upstreams that take no URLs.'),
        max_bytes: integer(1, 268_435_456).default(20_971_520).describe('Largest one that is fetched, in bytes.'),
        timeout_seconds: seconds().default(10).describe('Longest time for fetching one, in seconds.'),
        allowed_hosts: z
          .array(text())
          .default([])
          .describe('Hosts that may be fetched from although they are in a private network.'),
      })
      .prefault({})
      .describe('Pictures and documents that requests name by URL. Private addresses are never fetched from.'),
    secrets: z
      .object({
        encryption_key: secret().describe(
          'Key that stored secrets are encrypted with: 32 bytes in hex or base64, or a passphrase of 16 characters or more. The variable SECRETS_ENCRYPTION_KEY wins over it.',
        ),
        previous_encryption_keys: z
          .array(secret())
          .default([])
          .describe('Keys that were used before; what they encrypted is encrypted anew at the start.'),
        rotation_days: integer(1).default(90).describe('Age at which secrets should be replaced, in days.'),
      })
      .optional()
      .describe('Storage of secrets.'),
  })
  .prefault({})
  .describe('Filters, limits and checks of incoming requests.');
