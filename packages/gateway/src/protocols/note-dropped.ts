import type { Feature } from '../canonical/features.ts';
import type { RequestContext } from './protocol.ts';

/** Tells of the features that were asked for and left out. */
export function noteDropped(
  { noteDropped: note }: RequestContext,
  lost: Readonly<Partial<Record<Feature, boolean>>>,
): void {
  if (note === undefined) return;
  for (const feature in lost) if (lost[feature as Feature] === true) note(feature as Feature);
}

/** Whether a value was given and none is sent. */
export function isLost(asked: unknown, sent: unknown): boolean {
  return asked !== undefined && sent === undefined;
}
