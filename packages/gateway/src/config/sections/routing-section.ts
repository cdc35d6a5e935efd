import { z } from 'zod';
import { integer, seconds, text } from './field.ts';
import { strategyNames } from './target-section.ts';

/** `routing`: which provider gets a request. */
export const routingSection = z
  .object({
    strategy: z
      .enum(strategyNames)
      .optional()
      .describe('How targets are chosen. Default: `weighted` where weights are given, else `round_robin`.'),
    default_provider: text().optional().describe('Provider of models that nothing else claims.'),
    fallback_enabled: z.boolean().default(true).describe('Tries another target when one fails.'),
    health_check_interval_seconds: seconds().default(30).describe('Time between health probes, in seconds.'),
    rules: z
      .array(
        z.object({
          name: text().optional().describe('Name in logs. Default: its place in the list.'),
          condition: text().describe("When it applies, for example `model starts_with 'claude'`."),
          target_provider: text().describe('Provider that gets the request.'),
          priority: integer(0, 1_000_000).default(100).describe('Lower numbers are asked first.'),
        }),
      )
      .default([])
      .describe('Rules asked in the order of their priority.'),
  })
  .prefault({})
  .describe('Which provider gets a request.');

/** `resilience`: retries, timeouts, limits for each target. */
export const resilienceSection = z
  .object({
    circuit_breaker: z
      .object({
        enabled: z.boolean().default(true).describe('Switches the circuit breaker on.'),
        failure_threshold: integer(1).default(5).describe('Failures that open it.'),
        success_threshold: integer(1).default(3).describe('Successes that close it again.'),
        timeout_seconds: seconds().default(60).describe('How long it stays open before it tries again, in seconds.'),
      })
      .optional()
      .describe('Stops sending to a target that keeps failing.'),
    retry: z
      .object({
        max_attempts: integer(1, 100).default(3).describe('Attempts in all, the first included, over all targets.'),
        initial_delay_ms: integer(0, 3_600_000)
          .default(100)
          .describe('Delay before the second attempt, in milliseconds.'),
        max_delay_ms: integer(0, 3_600_000).default(5000).describe('Longest delay, in milliseconds.'),
        backoff_multiplier: z.number().min(1).max(100).default(2).describe('What each delay is multiplied with.'),
        strategy: z
          .enum(['jittered', 'exponential', 'fixed'])
          .default('jittered')
          .describe(
            '`jittered`: by chance between half and the whole of the growing delay. `exponential`: the growing delay. `fixed`: always the first.',
          ),
      })
      .prefault({})
      .describe('How failed requests are tried again.'),
    timeout: z
      .object({
        connect_seconds: seconds().default(5).describe('To open a connection.'),
        request_seconds: seconds().default(300).describe('For a whole answer that is not streamed.'),
        streaming_seconds: seconds().default(600).describe('For a whole streamed answer.'),
        headers_seconds: seconds().default(60).describe('Until an answer that is not streamed begins.'),
        stream_headers_seconds: seconds().default(10).describe('Until a streamed answer begins.'),
        first_token_seconds: seconds().default(10).describe('Until the first token of a streamed answer.'),
        idle_seconds: seconds().default(60).describe('Longest silence within an answer.'),
      })
      .prefault({})
      .describe('Limits of one attempt, in seconds.'),
    bulkhead: z
      .object({
        max_concurrent: integer(1).default(1000).describe('Requests at one target at the same time.'),
        max_queue: integer(0).default(500).describe('Requests that may wait for one target.'),
      })
      .optional()
      .describe('Limits how much one target may hold. Without this section there is no such limit.'),
  })
  .prefault({})
  .describe('Retries, timeouts and limits for each target.');

/** `health`: how targets are probed. */
export const healthSection = z
  .object({
    interval_seconds: seconds().optional().describe('Time between probes of a target, in seconds.'),
    timeout_seconds: seconds().default(5).describe('Longest time of one probe, in seconds.'),
    failure_threshold: integer(1, 1000).default(3).describe('Failed probes in a row that take a target out.'),
    success_threshold: integer(1, 1000).default(1).describe('Good probes in a row that bring it back.'),
  })
  .optional()
  .describe('How targets are probed.');
