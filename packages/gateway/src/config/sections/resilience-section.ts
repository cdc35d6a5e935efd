import * as z from 'zod';
import { operations } from '../../canonical/operation.ts';
import { attemptLimitFields, differingLimits } from './attempt-limit-fields.ts';
import { integer, percent, seconds, secondsOrNone } from './field.ts';

const LONGEST_DELAY_MS = 3_600_000;

const retry = z
  .object({
    max_attempts: integer(1, 100).default(3).describe('Attempts in all, the first included, over all targets.'),
    initial_delay_ms: integer(0, LONGEST_DELAY_MS)
      .default(100)
      .describe('Delay before the second attempt, in milliseconds.'),
    max_delay_ms: integer(0, LONGEST_DELAY_MS).default(5000).describe('Longest delay, in milliseconds.'),
    backoff_multiplier: z.number().min(1).max(100).default(2).describe('What each delay is multiplied with.'),
    strategy: z
      .enum(['jittered', 'full_jitter', 'decorrelated', 'exponential', 'fixed'])
      .default('jittered')
      .describe(
        '`jittered`: by chance between half and the whole of the growing delay. `full_jitter`: between nothing and the whole. `decorrelated`: by chance between the first delay and three times the last one. `exponential`: the growing delay. `fixed`: always the first.',
      ),
    max_wait_seconds: secondsOrNone()
      .default(30)
      .describe('Longest wait that an upstream may ask for before it is asked again, in seconds.'),
    budget_percent: percent(0, 1000)
      .default(20)
      .describe("Further attempts at most, in percent of a route's requests."),
    budget_floor: integer(0, 1_000_000)
      .default(10)
      .describe('Further attempts that a route may always make within ten seconds, however few its requests.'),
  })
  .prefault({})
  .describe('How failed requests are tried again.');

const timeout = z
  .object({
    ...attemptLimitFields,
    operations: z
      .partialRecord(z.enum(operations), differingLimits())
      .default({})
      .describe(
        `Other limits for single operations: ${operations.map((name) => `\`${name}\``).join(', ')}. What is left out is as above.`,
      ),
  })
  .prefault({})
  .describe('Limits of one attempt, in seconds.');

const circuitBreaker = z
  .object({
    enabled: z.boolean().default(true).describe('Switches the circuit breaker on.'),
    failure_threshold: integer(1).default(5).describe('Failures in a row that open it.'),
    success_threshold: integer(1).default(3).describe('Successes in a row that close it again.'),
    timeout_seconds: seconds().default(60).describe('How long it stays open the first time, in seconds.'),
    max_timeout_seconds: seconds()
      .optional()
      .describe(
        'How long it stays open at most when it opens again and again, in seconds. Default: four times `timeout_seconds`, but no more than 300.',
      ),
    ramp_seconds: secondsOrNone()
      .default(10)
      .describe("Time over which a target's share of the traffic grows back, in seconds; 0: at once."),
  })
  .refine(({ timeout_seconds: first, max_timeout_seconds: most }) => most === undefined || most >= first, {
    path: ['max_timeout_seconds'],
    message: 'must not be less than `timeout_seconds`',
  })
  .optional()
  .describe(
    'Leaves a target alone that keeps failing. Without this section a quicker one is on: 3 failures open it for 5 seconds, for 20 at most, and 1 success closes it.',
  );

const bulkhead = z
  .object({
    max_concurrent: integer(1).default(1000).describe('Requests at one target at the same time.'),
    max_queue: integer(0).default(500).describe('Requests that may wait for one target.'),
    shared: z
      .boolean()
      .default(false)
      .describe('With Redis: one bulkhead for all replicas together, in place of one for each machine.'),
  })
  .optional()
  .describe('Limits how much one target may hold. Without this section there is no such limit.');

const adaptiveConcurrency = z
  .object({
    enabled: z.boolean().default(true).describe('Switches this on.'),
    min: integer(1).default(1).describe('The limit is never lower.'),
    max: integer(1).default(1000).describe('The limit is never higher.'),
    initial: integer(1)
      .optional()
      .describe('The limit at the start. Default: 20, or what is closest to it between `min` and `max`.'),
  })
  .refine(({ min, max }) => min <= max, { path: ['min'], message: 'must not be more than `max`' })
  .refine(({ min, max, initial }) => min > max || initial === undefined || (initial >= min && initial <= max), {
    path: ['initial'],
    message: 'must be between `min` and `max`',
  })
  .optional()
  .describe(
    'Finds out how many requests each target can hold at the same time. Without this section the limit of `bulkhead` stays what it is.',
  );

const outlierEjection = z
  .object({
    enabled: z.boolean().default(true).describe('Switches this on.'),
    window_seconds: seconds().default(30).describe('Time over which failures are counted, in seconds.'),
    min_requests: integer(1).default(20).describe('A target with fewer requests in that time is not judged.'),
    excess_percent: percent()
      .default(30)
      .describe("How many percent points more of its requests fail than of the others'."),
    ejection_seconds: seconds().default(30).describe('How long it is taken out, in seconds.'),
    max_ejected_percent: percent()
      .default(50)
      .describe('Targets of equal priority that are out at the same time, at most, in percent.'),
  })
  .optional()
  .describe('Takes out a target that fails more than the others. Without this section none is.');

/** `resilience`: retries, timeouts, limits for each target. */
export const resilienceSection = z
  .object({
    circuit_breaker: circuitBreaker,
    retry,
    timeout,
    bulkhead,
    adaptive_concurrency: adaptiveConcurrency,
    outlier_ejection: outlierEjection,
  })
  .prefault({})
  .describe('Retries, timeouts and limits for each target.');

/** What a file says of retries, timeouts and limits. */
export type FileResilience = z.output<typeof resilienceSection>;
