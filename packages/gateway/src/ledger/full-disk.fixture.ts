import { type OpenSpoolFile, openSpoolFile } from './spool-file.ts';

/** A disk that takes so many more bytes, and then refuses until it is told to go on. */
export function fullDisk() {
  let room = Number.POSITIVE_INFINITY;
  const openFile: OpenSpoolFile = (path) => {
    if (room === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    const file = openSpoolFile(path);
    return {
      ...file,
      write(buffer, offset, length) {
        if (room === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        const written = file.write(buffer, offset, Math.min(length, room));
        room -= written;
        return written;
      },
    };
  };
  return { openFile, setRoom: (bytes: number) => (room = bytes) };
}
