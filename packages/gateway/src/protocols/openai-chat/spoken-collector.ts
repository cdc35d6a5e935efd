import type { MediaPart } from '../../canonical/conversation.ts';
import { asString, type JsonObject } from '../../canonical/json.ts';
import { audioPart } from './media.ts';

/** Puts a streamed spoken answer together: its base64 comes in pieces, each whole in itself. */
export class SpokenCollector {
  #id: string | undefined;
  readonly #pieces: Buffer[] = [];
  #transcript = '';

  /** Whether anything was said. */
  add(audio: JsonObject | undefined): boolean {
    if (!audio) return false;
    this.#id ??= asString(audio['id']);
    const data = asString(audio['data']) ?? '';
    const transcript = asString(audio['transcript']) ?? '';
    if (data !== '') this.#pieces.push(Buffer.from(data, 'base64'));
    this.#transcript += transcript;
    return data !== '' || transcript !== '';
  }

  part(): MediaPart | undefined {
    if (this.#pieces.length === 0 && this.#transcript === '') return undefined;
    const data = Buffer.concat(this.#pieces).toString('base64');
    return audioPart({ id: this.#id, data, transcript: this.#transcript });
  }
}
