import * as limits from './limit-scripts.ts';
import { defineBatch } from './script-batch.ts';
import * as slots from './slot-scripts.ts';
import * as spend from './spend-scripts.ts';

/** What requests ask, all of one turn at once. */
export const countingScripts = defineBatch([limits, slots, spend].flatMap((scripts) => Object.values(scripts)));
