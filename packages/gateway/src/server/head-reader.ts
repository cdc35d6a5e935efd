import { HeadTemplate } from './head-template.ts';
import { type PlainHead, readPlainHead } from './plain-head.ts';

/** Longer heads are not kept, so that an idle connection stays small. */
const MAX_KEPT = 2 * 1024;
/** Heads in a row that had to be read, after which a client is taken for one that never sends the same. */
const MAX_CHANGES = 8;
/** Values that may be other ones each time. */
const MAX_OPEN = 6;

/**
 * Reads the heads of one connection. Most clients send the same one with every request, but for its length, and for what traces
 * a request or tells whom a proxy sends it for: it is known again by its bytes, and what was understood of it serves once more.
 */
export class HeadReader {
  #template: HeadTemplate | undefined;
  /** Places of the values that were not always the same, among the raw headers. */
  #open: ReadonlySet<number> = new Set();
  #changes = 0;

  /** As readPlainHead does. */
  read(bytes: Buffer): PlainHead | undefined {
    const known = this.#template?.read(bytes);
    if (known !== undefined) {
      this.#changes = 0;
      return known;
    }
    const head = readPlainHead(bytes);
    if (this.#changes++ < MAX_CHANGES) this.#keep(head, bytes);
    else this.#template = undefined;
    return head;
  }

  #keep(head: PlainHead | undefined, bytes: Buffer): void {
    const last = this.#template?.head;
    this.#template = undefined;
    if (head === undefined || head.end > MAX_KEPT) return;
    const open = last !== undefined && isAlike(last, head) ? withChanged(this.#open, last, head) : undefined;
    this.#open = open !== undefined && open.size <= MAX_OPEN ? open : new Set([lengthIndexOf(head)]);
    this.#template = new HeadTemplate(head, bytes, this.#open);
  }
}

/** They differ in values alone. */
function isAlike(one: PlainHead, other: PlainHead): boolean {
  const { rawHeaders } = one;
  if (one.url !== other.url || rawHeaders.length !== other.rawHeaders.length) return false;
  return rawHeaders.every((text, index) => index % 2 === 1 || text === other.rawHeaders[index]);
}

function withChanged(open: ReadonlySet<number>, one: PlainHead, other: PlainHead): ReadonlySet<number> {
  const changed = [...one.rawHeaders.keys()].filter((index) => one.rawHeaders[index] !== other.rawHeaders[index]);
  return new Set([...open, ...changed]);
}

function lengthIndexOf({ rawHeaders }: PlainHead): number {
  return rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-length') + 1;
}
