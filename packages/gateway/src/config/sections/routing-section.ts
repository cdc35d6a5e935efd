import * as z from 'zod';
import { integer, seconds, text } from './field.ts';
import { fallbackModels, routeOptionFields } from './route-option-fields.ts';
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
    fallbacks: z
      .record(z.string(), fallbackModels())
      .default({})
      .describe(
        'Models to go on with when one fails, by its public name, `*` for all others: a list, tried in order, or lists by kind of failure. `models.<name>.fallbacks` wins.',
      ),
    ...routeOptionFields,
  })
  .prefault({})
  .describe('Which provider gets a request.');

/** What a file says of routing. */
export type FileRouting = z.output<typeof routingSection>;

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
