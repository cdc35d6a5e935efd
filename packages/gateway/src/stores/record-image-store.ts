/** An image as it lies there: what of it is asked for, all of one version. */
export interface ImageReading {
  /** Names this image among all that there ever were. */
  readonly version: string;
  /** Milliseconds since the record was known to be as the image says; less than those for which it is good. */
  readonly ageMs: number;
  /** One for each name that was asked for; undefined where the image has none of it. */
  readonly values: readonly (string | undefined)[];
}

/** What somebody who is about to read the record for an image has to know of the time before. */
export interface ImageBeginning {
  /** The store's own milliseconds: the image is as old as the time before it was read. */
  readonly at: number;
  /** How often an image was dropped. */
  readonly drops: number;
  /** Of the image that is there; undefined where there is none. */
  readonly revision: number | undefined;
}

/** An image whose fields were all appended. */
export interface NewImage {
  readonly version: string;
  /** Of the record that it was read from: it grows with every change. */
  readonly revision: number;
  /** Fields that it has. */
  readonly count: number;
}

/** `dropped`: since it was begun. `older`: than the one that is there. `incomplete`: fields are not there any more. */
export type ImageOutcome = 'kept' | 'dropped' | 'older' | 'incomplete';

export type ImageField = readonly [name: string, value: string];

/**
 * Keeps one image of the record for all gateways over it, for those that start while the record is away. Whoever writes
 * one calls `begin`, reads the record, appends all fields under a new version, and publishes them: then they are the
 * image, at once and as a whole. An image never takes the place of a newer one, nor does one that was begun before a
 * `drop` appear after it. One that is not renewed for as long as it is good is not there any more. Everything rejects
 * while the store is away, within the limit of its calls.
 */
export interface RecordImageStore {
  begin(): Promise<ImageBeginning>;
  append(version: string, fields: readonly ImageField[]): Promise<void>;
  publish(image: NewImage, beginning: ImageBeginning): Promise<ImageOutcome>;
  /** The record is still of this revision. False: the image is of another one, or there is none. */
  renew(revision: number, beginning: ImageBeginning): Promise<boolean>;
  /** Something changed that the image says otherwise: until it is written anew, there is none. */
  drop(): Promise<void>;
  /** Undefined where there is none that is good. */
  read(names: readonly string[]): Promise<ImageReading | undefined>;
  close(): void;
}
