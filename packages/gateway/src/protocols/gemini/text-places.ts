/**
 * Places in a text that comes piece by piece, counted both ways: this wire counts bytes of UTF-8, the vocabulary UTF-16
 * units. Kept are only the places where the number of bytes a unit takes changes, so that a long answer costs little.
 */
export class TextPlaces {
  /** Runs of characters that take equally many bytes a unit: 1, 2 (a surrogate pair takes 4 for its two) or 3. */
  readonly #runs: Run[] = [{ units: 0, bytes: 0, rate: 1 }];
  /** So far. */
  #isAscii = true;
  #units = 0;
  #bytes = 0;

  static of(text: string): TextPlaces {
    const places = new TextPlaces();
    places.add(text);
    return places;
  }

  add(text: string): void {
    const { length } = text;
    // Most text is ASCII, and this tells faster than a look at each character.
    if (this.#isAscii && Buffer.byteLength(text) === length) {
      this.#units += length;
      this.#bytes += length;
      return;
    }
    this.#isAscii = false;
    let rate = this.#runs.at(-1)?.rate;
    for (let index = 0; index < length; index++) {
      const next = bytesPerUnit(text.charCodeAt(index));
      if (next !== rate) {
        rate = next;
        this.#runs.push({ units: this.#units, bytes: this.#bytes, rate });
      }
      this.#units++;
      this.#bytes += rate;
    }
  }

  /** UTF-16 units before a place given in bytes; undefined where the text does not reach. */
  toUnits(bytes: number): number | undefined {
    if (bytes > this.#bytes) return undefined;
    const run = this.#runs.findLast((candidate) => candidate.bytes <= bytes);
    return run ? run.units + Math.floor((bytes - run.bytes) / run.rate) : 0;
  }

  /** Bytes before a place given in UTF-16 units; undefined where the text does not reach. */
  toBytes(units: number): number | undefined {
    if (units > this.#units) return undefined;
    const run = this.#runs.findLast((candidate) => candidate.units <= units);
    return run ? run.bytes + (units - run.units) * run.rate : 0;
  }
}

interface Run {
  readonly units: number;
  readonly bytes: number;
  readonly rate: number;
}

function bytesPerUnit(unit: number): number {
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  return unit >= 0xd800 && unit < 0xe000 ? 2 : 3;
}
