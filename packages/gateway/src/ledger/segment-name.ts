/**
 * A spool is what one process writes: files that follow one another, its segments. Their names tell whose they are, so
 * that whoever finds them knows whether that process still lives without opening them.
 */
export interface SpoolName {
  readonly pid: number;
  /** Where the process runs: a machine since its last start, and in it a space of process ids. */
  readonly place: string;
  /** When the process started, in a unit of the system's; `0` where the system does not tell. */
  readonly start: string;
  /** Tells spools of the same process apart. */
  readonly id: string;
}

/**
 * What the lines of a segment look like, as its name tells. A change that this reader would not understand is another
 * number: then neither version takes the files of the other for damaged.
 */
export const SPOOL_FORMAT = 2;

/** One whose lines are read as well: each says its kind in full. */
const FORMER_FORMAT = 1;

/** Those from before there was a number are of format 0. */
const pattern = /^(spool-\d{1,10}-[0-9a-z]{1,16}\.[0-9]{1,20}\.[0-9a-z]{1,16})-(\d{6})(?:\.v(\d{1,6}))?\.log$/;
const parts = /^spool-(\d{1,10})-([0-9a-z]{1,16})\.([0-9]{1,20})\.([0-9a-z]{1,16})$/;

/** Segments of one spool at most; at the default size, terabytes. */
export const MAX_SEGMENT = 999_999;

export function formatSpoolName({ pid, place, start, id }: SpoolName): string {
  return `spool-${pid}-${place}.${start}.${id}`;
}

/** Undefined when the text is no name of a spool. */
export function parseSpoolName(text: string): SpoolName | undefined {
  const found = parts.exec(text);
  if (found === null) return undefined;
  const [, pid, place, start, id] = found as unknown as readonly string[];
  return { pid: Number(pid), place: place!, start: start!, id: id! };
}

export function segmentFile(spool: string, segment: number): string {
  return `${spool}-${String(segment).padStart(6, '0')}.v${SPOOL_FORMAT}.log`;
}

/** The segments of this format among the files of a folder: by spool, each spool's in rising order. */
export function groupSegments(files: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const spools = new Map<string, number[]>();
  for (const file of files) {
    const found = readSegmentName(file);
    if (found?.format !== SPOOL_FORMAT) continue;
    const segments = spools.get(found.spool) ?? [];
    segments.push(found.segment);
    spools.set(found.spool, segments);
  }
  for (const segments of spools.values()) segments.sort((left, right) => left - right);
  return spools;
}

/** Whether a file is a segment of this format. */
export function isSegment(file: string): boolean {
  return readSegmentName(file)?.format === SPOOL_FORMAT;
}

/** A segment that another version of the gateway wrote. */
export interface OtherSegment {
  readonly file: string;
  readonly spool: string;
  readonly format: number;
  /** What it is called where its lines are read as those of this format; undefined where they cannot be. */
  readonly ownName: string | undefined;
}

/** The segments of other formats among the files of a folder, in the order of their names. */
export function otherSegments(files: readonly string[]): readonly OtherSegment[] {
  return files.toSorted().flatMap((file) => {
    const found = readSegmentName(file);
    if (found === undefined || found.format === SPOOL_FORMAT) return [];
    const { format, segment, spool } = found;
    return [{ file, spool, format, ownName: format === FORMER_FORMAT ? segmentFile(spool, segment) : undefined }];
  });
}

function readSegmentName(file: string) {
  const found = pattern.exec(file);
  if (found === null) return undefined;
  return { spool: found[1]!, segment: Number(found[2]), format: Number(found[3] ?? 0) };
}

/** A place in a spool as one number that grows as the spool does: the segment, then the offset in it. */
export function spoolPosition(segment: number, offset: number): number {
  return segment * SEGMENT_SPAN + offset;
}

/** Offsets of one segment. */
const SEGMENT_SPAN = 2 ** 32;

/** The place after everything: the spool has been read to its end, and its process is gone. */
export const END_OF_SPOOL = Number.MAX_SAFE_INTEGER;
