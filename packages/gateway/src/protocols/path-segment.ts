import { invalidField } from './request-fields.ts';

/**
 * A caller's name for a model as one segment of a path. Throws `invalid_request` for a name that would climb out of the
 * path: it would ask the provider for something else, with the gateway's key.
 */
export function pathSegment(name: string): string {
  if (name === '' || name === '.' || name === '..') throw invalidField('model', 'is no name of a model');
  return encodeURIComponent(name);
}
