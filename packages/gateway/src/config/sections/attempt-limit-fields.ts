import * as z from 'zod';
import { seconds } from './field.ts';

/** Limits of one attempt with what they are by default. */
export const attemptLimitFields = {
  connect_seconds: seconds().default(5).describe('To open a connection.'),
  request_seconds: seconds().default(300).describe('For a whole answer that is not streamed.'),
  streaming_seconds: seconds().default(600).describe('For a whole streamed answer.'),
  headers_seconds: seconds().default(60).describe('Until an answer that is not streamed begins.'),
  stream_headers_seconds: seconds().default(10).describe('Until a streamed answer begins.'),
  first_token_seconds: seconds().default(10).describe('Until the first token of a streamed answer.'),
  idle_seconds: seconds().default(60).describe('Longest silence within an answer.'),
  stream_idle_seconds: seconds()
    .default(30)
    .describe('Longest silence within a stream that another target may complete.'),
};

type LimitKey = keyof typeof attemptLimitFields;

/** Limits that a file may give in any number, for a place where others hold already. */
export const differingLimits = () =>
  z.object(
    Object.fromEntries(
      Object.entries(attemptLimitFields).map(([key, field]) => {
        return [
          key,
          field
            .removeDefault()
            .optional()
            .describe(field.description ?? ''),
        ];
      }),
    ) as Readonly<Record<LimitKey, z.ZodOptional<z.ZodNumber>>>,
  );

/** Limits in any number, as a file gives them. */
export type FileAttemptLimits = Readonly<Partial<Record<LimitKey, number | undefined>>>;
