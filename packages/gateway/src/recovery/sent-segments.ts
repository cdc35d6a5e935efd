import type { SentPart } from './sent-answer.ts';

/** Something that was sent and that a new attempt must say again: texts that follow one another as one, or a call. */
export type SentSegment =
  | { readonly kind: 'text' | 'refusal'; readonly text: string; readonly part: SentPart }
  | {
      readonly kind: 'tool-call';
      readonly name: string;
      readonly callKind: 'function' | 'custom';
      readonly part: SentPart;
    };

/**
 * What was sent of a choice, as it is compared. Wires cut texts into parts where they please, so that only their words
 * count. Media and what only one wire knows are not among it: no answer that holds any is compared.
 */
export function sentSegments(parts: readonly SentPart[]): readonly SentSegment[] {
  const segments: SentSegment[] = [];
  for (const part of parts) {
    const { head, text } = part;
    if (head.type === 'tool-call') {
      segments.push({ kind: 'tool-call', name: head.name, callKind: head.kind, part });
    } else if ((head.type === 'text' || head.type === 'refusal') && text !== '') {
      const last = segments.at(-1);
      if (last?.kind === head.type) segments[segments.length - 1] = { kind: head.type, text: last.text + text, part };
      else segments.push({ kind: head.type, text, part });
    }
  }
  return segments;
}
