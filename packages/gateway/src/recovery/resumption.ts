import type { ChatEvent } from '../canonical/chat-event.ts';
import type { JsonObject } from '../canonical/json.ts';
import type { Usage } from '../canonical/usage.ts';
import type { StreamEncoder } from '../protocols/protocol.ts';
import { ContinueMatch } from './continue-match.ts';
import { RestartMatch } from './restart-match.ts';
import { Seam } from './seam.ts';
import type { SentAnswer } from './sent-answer.ts';

/** How another attempt goes on: from the end of what was sent, or anew. */
export type ResumptionMode = 'continue' | 'restart';

export interface ResumptionInput {
  readonly mode: ResumptionMode;
  readonly sent: SentAnswer;
  /** In the state after what was sent. */
  readonly encoder: StreamEncoder;
  /** With `continue`: the provider is known to begin its answers with the beginning that it was given. */
  readonly repeatsBeginning?: boolean;
  /** What the caller is told to have been used, given what the attempt reports; left out: just that. */
  readonly toldUsage?: (reported: Usage) => Usage;
  /** The same where the attempt has ended and reports nothing; left out: nothing more than was told before. */
  readonly untoldUsage?: () => Usage;
}

/**
 * Stands between the decoder of another attempt and the encoder of a stream that broke off: passes on what the caller
 * does not have. Nothing goes out before it is certain that the attempt goes on with what was sent.
 */
export class Resumption implements StreamEncoder {
  readonly #encoder: StreamEncoder;
  readonly #seam: Seam;
  readonly #match: RestartMatch | ContinueMatch;
  readonly #toldUsage: (reported: Usage) => Usage;
  readonly #untoldUsage: (() => Usage) | undefined;
  #hasUsage = false;

  constructor(input: ResumptionInput) {
    const { mode, sent, encoder, repeatsBeginning = false, toldUsage = asReported, untoldUsage } = input;
    const seam = new Seam(encoder, sent);
    this.#encoder = encoder;
    this.#seam = seam;
    this.#match =
      mode === 'restart' ? new RestartMatch(sent, seam) : new ContinueMatch({ sent, seam, repeatsBeginning });
    this.#toldUsage = toldUsage;
    this.#untoldUsage = untoldUsage;
  }

  /** The attempt says something else than what was sent; nothing of it went out, and nothing will. */
  get isMismatch(): boolean {
    return this.#match.isMismatch;
  }

  /** All that was sent has come again, or need not: the answer may end here. */
  get isMatched(): boolean {
    return this.#seam.isReleased || this.#match.mayEnd;
  }

  /** The caller was told something that it did not have. */
  get hasNew(): boolean {
    return this.#seam.hasNew;
  }

  get wholeAnswer(): JsonObject | undefined {
    return this.#encoder.wholeAnswer;
  }

  /** The bytes that the caller gets for an event of the attempt. */
  push(event: ChatEvent): Buffer {
    if (event.type === 'ping') this.#seam.ping();
    else if (event.type === 'usage') {
      this.#hasUsage = true;
      this.#match.push({ ...event, usage: this.#toldUsage(event.usage) });
    } else {
      // What the attempt before had told of itself so far would pass for the whole.
      const untold = event.type === 'end' && !this.#hasUsage ? this.#untoldUsage?.() : undefined;
      if (untold) this.#match.push({ type: 'usage', usage: untold });
      this.#match.push(event);
    }
    return this.#seam.take();
  }
}

function asReported(reported: Usage): Usage {
  return reported;
}
