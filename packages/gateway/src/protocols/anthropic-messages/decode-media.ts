import type { CacheMark, ForeignPart, MediaPart, MediaSource, NativeForm } from '../../canonical/conversation.ts';
import { invalidField, type RequestFields } from '../request-fields.ts';
import { BlockFields } from './block-fields.ts';
import { foreignPart } from './parts.ts';
import { WIRE } from './wire.ts';

interface Source {
  readonly source: MediaSource;
  readonly native?: NativeForm;
}

/** Reads an `image` or a `document` block. */
export function decodeMedia(block: BlockFields, cache: { readonly cache?: CacheMark }): MediaPart | ForeignPart {
  const type = block.requiredString('type') === 'image' ? 'image' : 'document';
  const fields = block.object('source');
  if (!fields) throw invalidField(block.pathOf('source'), 'is required');
  const decoded = decodeSource(fields, { type, block });
  if (!decoded) return foreignPart(block.raw, block.path);
  const name = block.string('title');
  const context = block.string('context');
  const isCitable = block.object('citations')?.boolean('enabled');
  return {
    type,
    ...decoded,
    ...(name === undefined ? {} : { name }),
    ...(context === undefined ? {} : { context }),
    ...(isCitable === undefined ? {} : { isCitable }),
    ...cache,
    path: block.path,
  };
}

function decodeSource(
  fields: RequestFields,
  place: { type: 'image' | 'document'; block: BlockFields },
): Source | undefined {
  const kind = fields.requiredString('type');
  switch (kind) {
    case 'base64': {
      const mediaType = fields.requiredString('media_type');
      return { source: { kind: 'data', mediaType, data: fields.requiredString('data') } };
    }
    case 'url': {
      // Documents by address are PDF files on this wire; of images the address tells nothing.
      const mediaType = place.type === 'document' ? 'application/pdf' : undefined;
      return { source: { kind: 'url', url: fields.requiredString('url'), mediaType } };
    }
    case 'file':
      return { source: { kind: 'file', id: fields.requiredString('file_id'), origin: WIRE } };
    case 'text': {
      const mediaType = fields.string('media_type') ?? 'text/plain';
      return { source: { kind: 'text', mediaType, text: fields.requiredString('data') } };
    }
    case 'content':
      return contentSource(fields, place.block);
    default:
      throw invalidField(fields.pathOf('type'), 'must be "base64", "url", "text", "content" or "file"');
  }
}

/**
 * A document that the caller has cut into pieces, to be cited one by one: elsewhere it is one text. Undefined when it
 * holds images, which a text cannot.
 */
function contentSource(fields: RequestFields, block: BlockFields): Source | undefined {
  const native = { origin: WIRE, value: block.raw } as const;
  const content = fields.value('content');
  if (typeof content === 'string') return { source: { kind: 'text', mediaType: 'text/plain', text: content }, native };
  const pieces = BlockFields.listOf(fields, 'content');
  if (pieces.some((piece) => piece.requiredString('type') !== 'text')) return undefined;
  const text = pieces.map((piece) => piece.requiredString('text')).join('\n\n');
  return { source: { kind: 'text', mediaType: 'text/plain', text }, native };
}
