import { pathSegment } from '../path-segment.ts';

/** A model's resource: names with a slash say their collection themselves (`models/…`, `tunedModels/…`). */
export function modelResource(model: string): string {
  return model.includes('/') ? model : `models/${model}`;
}

/** Path of a method of a model, below the root of the API. Whatever the name holds stays within its segments. */
export function methodPath(model: string, method: string): string {
  return `/v1beta/${modelResource(model).split('/').map(pathSegment).join('/')}:${method}`;
}
