import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { LedgerNotices } from './ledger-notices.ts';
import { type OtherSegment, otherSegments } from './segment-name.ts';
import type { SpoolOwners } from './spool-owner.ts';

export interface OtherFormatsInput {
  readonly directory: string;
  readonly owners: Pick<SpoolOwners, 'stateOf'>;
  readonly notices: Pick<LedgerNotices, 'otherFormat'>;
}

const PIECE_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

/**
 * Segments that another version of the gateway wrote in a form of its own. Those that can be read are taken over when nobody
 * alive writes them any more; the others are left for that version, and each is told of once.
 */
export class OtherFormats {
  readonly #input: OtherFormatsInput;
  #told: ReadonlySet<string> = new Set();

  constructor(input: OtherFormatsInput) {
    this.#input = input;
  }

  /** Looks at the files of the folder; gives the names that those have now which were taken over. Never rejects. */
  async takeOver(files: readonly string[]): Promise<readonly string[]> {
    const { notices, owners } = this.#input;
    const taken: string[] = [];
    const left: OtherSegment[] = [];
    for (const segment of otherSegments(files)) {
      if (owners.stateOf(segment.spool) === 'alive') continue;
      const name = await this.#renamed(segment, files);
      if (name === undefined) left.push(segment);
      else taken.push(name);
    }
    const before = this.#told;
    // What is gone is forgotten, so that this grows no further than the folder.
    this.#told = new Set(left.map(({ file }) => file));
    for (const segment of left) if (!before.has(segment.file)) notices.otherFormat(await this.#described(segment));
    return taken;
  }

  /** A process in another container that writes it after all goes on in a file of another name when it finds out. */
  async #renamed({ file, ownName }: OtherSegment, files: readonly string[]): Promise<string | undefined> {
    if (ownName === undefined || files.includes(ownName)) return undefined;
    const { directory } = this.#input;
    return rename(join(directory, file), join(directory, ownName)).then(
      () => ownName,
      () => undefined,
    );
  }

  async #described({ file, format }: OtherSegment) {
    const path = join(this.#input.directory, file);
    return { file: path, format, lines: await countLines(path).catch(() => undefined) };
  }
}

/** Rejects as the file system does. */
async function countLines(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
    let lines = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES);
      if (bytesRead === 0) return lines;
      const bytes = buffer.subarray(0, bytesRead);
      for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) lines += 1;
    }
  } finally {
    await file.close();
  }
}
