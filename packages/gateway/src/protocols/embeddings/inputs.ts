import type { MediaSource } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { invalidField } from '../request-fields.ts';
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

/** An image of a caller's: a data URL in base64, or an address. */
export function decodeImageUrl(url: string, path: string): MediaSource {
  if (!url.startsWith('data:')) return { kind: 'url', url, mediaType: undefined };
  const comma = url.indexOf(',');
  const head = url.slice('data:'.length, Math.max(comma, 0));
  if (comma === -1 || !head.endsWith(';base64')) throw invalidField(path, 'must be a data URL in base64');
  return { kind: 'data', mediaType: head.slice(0, -';base64'.length), data: url.slice(comma + 1) };
}

/** The data URL of an image that came with the request; undefined for one that did not. */
export function dataUrlOf(source: MediaSource): string | undefined {
  return source.kind === 'data' ? `data:${source.mediaType};base64,${source.data}` : undefined;
}
