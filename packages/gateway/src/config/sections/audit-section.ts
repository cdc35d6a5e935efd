import * as z from 'zod';
import { integer } from './field.ts';

/** `audit`: how long it is remembered who did what. */
export const auditSection = z
  .object({
    retention_days: integer(1, 36_500).optional().describe('Age at which events are deleted, in days. Default: never.'),
    body_retention_days: integer(1, 36_500)
      .default(30)
      .describe('Age at which what tenants asked is deleted, in days. The events stay, with its hash.'),
    max_body_bytes: integer(256, 65_536)
      .default(16_384)
      .describe('What is kept of one body at most, in bytes; the rest is cut off.'),
  })
  .prefault({})
  .describe('The audit log.');
