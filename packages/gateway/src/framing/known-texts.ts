/** Texts of one length that are known; providers and clients send the same few again and again. */
const MAX_NEIGHBOURS = 8;
const LONGEST = 64;

/**
 * Gives the same string for the same part of a text. A part that is cut out is another string each time, whose hash is
 * made anew and which engines compare with others the slow way: it costs less to find it among those that came before.
 */
export class KnownTexts {
  readonly #byLength: string[][] = [];

  /** The part of the text between two places. */
  between(text: string, start: number, end: number): string {
    const known = this.#byLength[end - start];
    if (known !== undefined) {
      for (let index = 0; index < known.length; index++) {
        if (text.startsWith(known[index]!, start)) return known[index]!;
      }
    }
    return this.#learn(text.slice(start, end));
  }

  #learn(part: string): string {
    if (part.length > LONGEST) return part;
    const known = this.#byLength[part.length] ?? [];
    if (known.length >= MAX_NEIGHBOURS) return part;
    const own = ownText(part);
    known.push(own);
    this.#byLength[part.length] = known;
    return own;
  }
}

/** A copy of Latin-1 that holds on to no text that it was cut out of. */
export function ownText(part: string): string {
  return Buffer.from(part, 'latin1').toString('latin1');
}
