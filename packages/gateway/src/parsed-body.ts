/** A JSON body, parsed: at once as far as routing needs it, and whole for who reads what it says. */
export class ParsedBody {
  /** The value, in which long strings may be empty, but for members of the body itself. */
  readonly outline: unknown;
  /** The bytes of the whole value, until it was asked for; undefined when it is known. */
  #bytes: Buffer | undefined;
  #whole: unknown;

  /** `bytes`: the valid JSON of which `outline` is an outline; undefined when that is the whole value. */
  constructor(outline: unknown, bytes?: Buffer) {
    this.outline = outline;
    this.#bytes = bytes;
    this.#whole = bytes === undefined ? outline : undefined;
  }

  get whole(): unknown {
    if (this.#bytes !== undefined) {
      this.#whole = JSON.parse(this.#bytes.toString('utf8'));
      this.#bytes = undefined;
    }
    return this.#whole;
  }
}
