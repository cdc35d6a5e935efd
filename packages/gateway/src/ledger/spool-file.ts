import { closeSync, fdatasync, fstatSync, ftruncateSync, futimesSync, openSync, writeSync } from 'node:fs';

/** A segment that is being written. Its methods throw as the file system does. */
export interface SpoolFile {
  /** Writes bytes of the buffer behind what is there; gives how many of them. */
  write(buffer: Buffer, offset: number, length: number): number;
  cutTo(size: number): void;
  /** Shows that its writer lives; milliseconds since 1970. */
  touch(at: number): void;
  /** It was deleted meanwhile. */
  isGone(): boolean;
  /** Orders the disk to keep what was written. */
  sync(done: (error: Error | null) => void): void;
  close(): void;
}

export type OpenSpoolFile = (path: string) => SpoolFile;

/** Makes a file for this user alone; never opens one that is there, so that bytes of another are not among these. */
export const openSpoolFile: OpenSpoolFile = (path) => {
  const fd = openSync(path, 'ax', 0o600);
  let isOpen = true;
  return {
    write: (buffer, offset, length) => writeSync(fd, buffer, offset, length),
    cutTo: (size) => ftruncateSync(fd, size),
    touch: (at) => futimesSync(fd, at / 1_000, at / 1_000),
    isGone: () => fstatSync(fd).nlink === 0,
    // One that was closed meanwhile has nothing left to be ordered.
    sync: (done) => fdatasync(fd, (error) => done(isOpen ? error : null)),
    close() {
      isOpen = false;
      closeSync(fd);
    },
  };
};
