import type { z } from 'zod';
import { GatewayError } from '../../canonical/gateway-error.ts';

/** What a schema makes of what was sent. Throws `invalid_request` that names the field at fault. */
export function checkInput<Value>(schema: z.ZodType<Value>, input: unknown): Value {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = (issue?.path ?? []).map(String).join('.').slice(0, 200);
  const fault = issue === undefined ? 'is not valid' : describe(issue);
  const field = issue?.code === 'unrecognized_keys' ? (issue.keys[0] ?? '').slice(0, 100) : '';
  const param = [path, field].filter((part) => part !== '').join('.');
  const subject = param === '' ? 'The body' : `\`${param}\``;
  throw new GatewayError('invalid_request', `${subject} ${fault}.`, param === '' ? {} : { param });
}

type Issue = z.core.$ZodIssue;

/** Values are not repeated: they may be secrets. */
function describe(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined && issue.message.endsWith('received undefined')
        ? `is missing; it must be ${kinds[issue.expected] ?? issue.expected}`
        : `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'too_small':
      if (issue.origin === 'string') return 'must not be empty';
      return `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${issue.origin === 'string' ? ' characters long' : ''}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return 'is not a field here';
    case 'invalid_format':
      if (issue.format === 'datetime') return 'must be a time such as 2030-01-31T12:00:00Z';
      return issue.format === 'url' ? 'must be an address that begins with http:// or https://' : issue.message;
    default:
      return issue.message;
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};
