import type { MediaPart, Part } from '../canonical/conversation.ts';

export function isMedia(part: Part): part is MediaPart {
  return 'source' in part;
}

/** Of what a model spoke the words remain, for wires whose assistants write only. */
export function spokenAsText(part: Part): Part {
  return part.type === 'audio' && part.transcript !== undefined ? { type: 'text', text: part.transcript } : part;
}
