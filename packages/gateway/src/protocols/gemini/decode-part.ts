import type { MediaPart, Part, Signature, TextPart } from '../../canonical/conversation.ts';
import { asObject } from '../../canonical/json.ts';
import { argumentText } from '../argument-text.ts';
import { unreadMembers } from '../unread-members.ts';
import { decodeResponse } from './function-responses.ts';
import { fileMedia, inlineMedia, type MediaExtra } from './media.ts';
import { foreignName } from './parts.ts';
import type { RequestReading } from './request-reading.ts';
import { readCarried } from './signatures.ts';
import { WIRE } from './wire.ts';
import type { WireFields } from './wire-fields.ts';

export interface PartPlace {
  readonly reading: RequestReading;
  /** How closely images are to be looked at, by what holds for the whole request. */
  readonly detail: string | undefined;
}

/** One part of a request; undefined for one that holds nothing. */
export function decodePart(fields: WireFields, place: PartPlace): Part | undefined {
  const part = decodeKnown(fields, place);
  if (!part || part.type === 'foreign') return part;
  // What more is said of a text is for this wire's own upstreams.
  if (part.type !== 'text') place.reading.noteUnread(fields);
  return { ...part, ...unreadMembers(fields, WIRE) };
}

function decodeKnown(fields: WireFields, place: PartPlace): Part | undefined {
  const isThought = fields.boolean('thought') === true;
  const signatureText = fields.string('thoughtSignature');
  const carried = signatureText === undefined ? undefined : readCarried(signatureText);
  const signed = carried ? { signature: carried.signature } : {};
  const text = fields.string('text');
  if (text !== undefined)
    return isThought ? { type: 'reasoning', text, ...carried } : { type: 'text', text, ...signed };
  const call = fields.object('functionCall');
  if (call) return decodeCall(call, signed, place.reading);
  const result = fields.object('functionResponse');
  if (result) return decodeResult(result, place);
  const media = decodeMedia(fields, place, signed);
  // A draft among the thoughts must not come back as an answer.
  if (media) return isThought ? { ...media, native: { origin: WIRE, value: fields.raw } } : media;
  const value = fields.raw;
  const name = foreignName(value);
  if (name !== 'part') return { type: 'foreign', origin: WIRE, value, name, path: fields.path };
  // A signature on nothing at all is one on an empty text.
  if (!carried) return undefined;
  return isThought ? { type: 'reasoning', text: '', ...carried } : { type: 'text', text: '', ...signed };
}

function decodeCall(call: WireFields, signed: { signature?: Signature }, reading: RequestReading): Part {
  const part = {
    type: 'tool-call',
    id: call.string('id') ?? reading.makeId(),
    name: call.requiredString('name'),
    arguments: argumentText(call.object('args') && call.value('args')),
    kind: 'function',
    ...signed,
  } as const;
  reading.addCall(part);
  return part;
}

function decodeResult(result: WireFields, place: PartPlace): Part {
  const id = result.string('id');
  const call = place.reading.answered(id, result.string('name') ?? '');
  const { text, isError } = decodeResponse(result.object('response') && asObject(result.value('response')));
  const media = result.objects('parts').map((fields) => {
    const part = decodeMedia(fields, place, {});
    return part && { ...part, ...unreadMembers(fields, WIRE) };
  });
  const content: (TextPart | MediaPart)[] = [{ type: 'text', text }];
  for (const item of media) if (item) content.push(item);
  return { type: 'tool-result', callId: call.id, name: call.name, content, isError, kind: 'function' };
}

function decodeMedia(fields: WireFields, place: PartPlace, signed: { signature?: Signature }): MediaPart | undefined {
  const { detail } = place;
  const extra: MediaExtra = { path: fields.path, ...(detail === undefined ? {} : { detail }), ...signed };
  const blob = fields.object('inlineData');
  if (blob) {
    return inlineMedia(blob.requiredString('mimeType'), blob.requiredString('data'), extra);
  }
  const file = fields.object('fileData');
  if (!file) return undefined;
  return fileMedia(file.requiredString('fileUri'), file.string('mimeType'), extra);
}
