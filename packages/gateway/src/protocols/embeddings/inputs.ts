import type { MediaSource } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { dataUrl } from '../data-url.ts';
import type { EmbeddingInput, EmbeddingPart } from './embedding-wire.ts';

export function textInput(text: string, path: string): EmbeddingInput {
  return { parts: [{ type: 'text', text }], path };
}

/** The text of an input for a wire that takes nothing else; throws `invalid_request` naming the input. */
export function onlyText(input: EmbeddingInput): string {
  return input.parts.map((part) => (part.type === 'text' ? part.text : refuse(part, input))).join('\n');
}

/** Says that an input cannot be sent. */
export function refuse(part: EmbeddingPart, { path }: EmbeddingInput): never {
  const what = part.type === 'tokens' ? 'Token numbers' : 'An image such as this';
  throw new GatewayError('invalid_request', `${path}: ${what} cannot be sent to this model's provider.`, {
    param: path,
  });
}

/** The data URL of an image that came with the request; undefined for one that did not. */
export function dataUrlOf(source: MediaSource): string | undefined {
  return source.kind === 'data' ? dataUrl(source.mediaType, source.data) : undefined;
}
