/**
 * Places in a text, counted both ways. Cohere's citations count whole characters (code points), JavaScript and the
 * vocabulary UTF-16 units; they differ after the first character beyond the basic plane. Only where those stand is
 * kept, so that a long answer costs nothing.
 */
export class TextPlaces {
  /** Where the pairs stand, in UTF-16 units. */
  readonly #pairs: number[] = [];
  #units = 0;

  static of(text: string): TextPlaces {
    const places = new TextPlaces();
    places.add(text);
    return places;
  }

  /** Length so far in code points. */
  get length(): number {
    return this.#units - this.#pairs.length;
  }

  add(text: string): void {
    const { length } = text;
    for (let index = 0; index < length; index++) {
      // The first half of a pair.
      if ((text.charCodeAt(index) & 0xfc00) === 0xd800) this.#pairs.push(this.#units + index);
    }
    this.#units += length;
  }

  /** UTF-16 units before a place given in code points. */
  toUnits(points: number): number {
    let before = 0;
    for (const pair of this.#pairs) {
      if (pair - before >= points) break;
      before++;
    }
    return points + before;
  }

  /** Code points before a place given in UTF-16 units. */
  toPoints(units: number): number {
    let before = 0;
    for (const pair of this.#pairs) {
      if (pair >= units) break;
      before++;
    }
    return units - before;
  }
}
