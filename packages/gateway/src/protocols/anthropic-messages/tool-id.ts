import { createHash } from 'node:crypto';

const valid = /^[a-zA-Z0-9_-]+$/;

/**
 * The id of a call as this wire takes it: `^[a-zA-Z0-9_-]+$`, or 400. Other wires' models write ids such as
 * `functions.weather:0`. The same id always becomes the same, so that a call and its result still meet, and different
 * ones stay different.
 */
export function toolUseId(id: string): string {
  return valid.test(id) ? id : `toolu_${createHash('sha256').update(id).digest('hex').slice(0, 24)}`;
}
