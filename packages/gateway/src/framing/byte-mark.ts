/** A short text that is looked for in long ones. */
export interface ByteMark {
  isIn(bytes: Buffer): boolean;
}

/** Letters of running text and what stands around every member of JSON: a search for one of them stops everywhere. */
const COMMON = /[a-z ":,]/;

/**
 * Compiles a mark, which is ASCII. The runtime looks for the first byte of what it is given and compares from there, so
 * the search is for the mark from its first uncommon byte on: 1 µs in 100 kB of text for `gw-sig:`, 70 from its `g` on.
 */
export function createByteMark(text: string): ByteMark {
  const uncommon = [...text].findIndex((letter) => !COMMON.test(letter));
  const offset = Math.max(0, uncommon);
  const head = Buffer.from(text.slice(0, offset));
  const tail = Buffer.from(text.slice(offset));
  return {
    isIn(bytes) {
      for (let at = bytes.indexOf(tail, offset); at !== -1; at = bytes.indexOf(tail, at + 1)) {
        if (bytes.compare(head, 0, offset, at - offset, at) === 0) return true;
      }
      return false;
    },
  };
}
