import * as z from 'zod';
import { configSchema } from './schema.ts';

/** The schema of configuration files as JSON Schema (draft 2020-12), for editors. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
}
