import * as z from 'zod';
import { address, seconds, secret, text } from './field.ts';

const webhook = z.object({
  url: address().describe('Where messages are posted. A secret in it is not logged; it may come from a variable.'),
  secret: secret().describe(
    'Signs the messages: `X-Gateway-Signature` is made with it. Usually taken from a variable, never written out.',
  ),
});

/** `budgets`: what happens around the budgets that are administered. */
export const budgetSection = z
  .object({
    unknown_price: z
      .enum(['deny', 'allow'])
      .default('deny')
      .describe(
        'What becomes of requests whose price nobody knows where a hard budget holds: refused, or counted as nothing.',
      ),
    webhooks: z
      .array(webhook)
      .default([])
      .describe('Who is told, by a signed message, when a budget comes to one of its thresholds.'),
    webhook_timeout_seconds: seconds()
      .default(5)
      .describe('Longest time for one try to deliver a message, in seconds.'),
    webhook_allowed_hosts: z
      .array(text())
      .default([])
      .describe('Hosts that may be told although they are in a private network.'),
  })
  .prefault({})
  .describe('Budgets: unknown prices, and who is told of thresholds. Budgets themselves are made by the admin API.');
