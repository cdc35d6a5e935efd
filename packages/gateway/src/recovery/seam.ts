import type { ChatEvent, PartHead } from '../canonical/chat-event.ts';
import type { StreamEncoder } from '../protocols/protocol.ts';
import type { SentAnswer } from './sent-answer.ts';

/** UTF-16 units that are held back at most while it is not known whether an attempt goes on with what was sent. */
const MAX_HELD = 1024 * 1024;
/** What an event takes beside its text; roughly. */
const OVERHEAD = 64;
const NOTHING = Buffer.alloc(0);

/**
 * Where an attempt meets what was sent of the one before: numbers its parts on, knows which of the stream are open, and
 * holds everything back until it is certain that it belongs there.
 */
export class Seam {
  readonly #encoder: StreamEncoder;
  /** The choices of the parts that are open. */
  readonly #open = new Map<number, number>();
  #next: number;
  /** Undefined once nothing is held back any more. */
  #held: ChatEvent[] | undefined = [];
  #heldLength = 0;
  #output: Buffer[] = [];
  /** The caller was told something that it did not have. */
  hasNew = false;

  constructor(encoder: StreamEncoder, sent: SentAnswer) {
    this.#encoder = encoder;
    this.#next = 1 + Math.max(-1, ...sent.parts.map(({ index }) => index));
    for (const { index, choice, isEnded } of sent.parts) if (!isEnded) this.#open.set(index, choice);
  }

  get isReleased(): boolean {
    return this.#held === undefined;
  }

  /** More is held back than may be. */
  get isOverfull(): boolean {
    return this.#heldLength > MAX_HELD;
  }

  isOpen(part: number): boolean {
    return this.#open.has(part);
  }

  /** Begins a part, after those of its choice that are open have ended. Answers its number. */
  begin(choice: number, part: PartHead): number {
    this.endAll(choice);
    const index = this.#next++;
    this.#open.set(index, choice);
    this.write({ type: 'part-start', index, choice, part });
    return index;
  }

  add(index: number, text: string): void {
    this.write({ type: 'delta', index, text });
  }

  end(index: number): void {
    if (this.#open.delete(index)) this.write({ type: 'part-end', index });
  }

  endAll(choice: number): void {
    for (const [index, owner] of this.#open) if (owner === choice) this.end(index);
  }

  /** An event in the stream's own numbers. */
  write(event: ChatEvent): void {
    const held = this.#held;
    if (held === undefined) {
      this.#push(event);
      return;
    }
    this.#heldLength += OVERHEAD + (event.type === 'delta' ? event.text.length : 0);
    if (!this.isOverfull) held.push(event);
  }

  /** A sign of life, which says nothing of the answer: it goes out at once. */
  ping(): void {
    this.#output.push(this.#encoder.push({ type: 'ping' }));
  }

  /** What was held back goes out, and so does everything from now on. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#heldLength = 0;
    for (const event of held) this.#push(event);
  }

  /** The bytes for the caller since the last time. */
  take(): Buffer {
    const parts = this.#output;
    if (parts.length === 0) return NOTHING;
    this.#output = [];
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  #push(event: ChatEvent): void {
    if (event.type !== 'usage' && event.type !== 'start') this.hasNew = true;
    const bytes = this.#encoder.push(event);
    if (bytes.length > 0) this.#output.push(bytes);
  }
}
