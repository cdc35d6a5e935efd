import type { ChatAnswer, Choice } from './chat-answer.ts';
import type { ChatEvent, PartHead } from './chat-event.ts';
import type { Part } from './conversation.ts';

/** A whole answer told as a stream, for a client that asked for one where the upstream gave none. */
export function* answerEvents(answer: ChatAnswer): Generator<ChatEvent> {
  const { id, model, created, serviceTier } = answer;
  yield { type: 'start', id, model, created, serviceTier };
  let index = 0;
  for (const choice of answer.choices) {
    for (const part of choice.parts) yield* partEvents(part, index++, choice);
    if (choice.logprobs !== undefined) yield { type: 'logprobs', choice: choice.index, logprobs: choice.logprobs };
    yield { type: 'finish', choice: choice.index, finish: choice.finish };
  }
  if (answer.usage) yield { type: 'usage', usage: answer.usage };
  yield { type: 'end' };
}

function* partEvents(part: Part, index: number, choice: Choice): Generator<ChatEvent> {
  const head = headOf(part);
  if (!head) return;
  yield { type: 'part-start', index, choice: choice.index, part: head };
  const text = textOf(part);
  if (text !== '') yield { type: 'delta', index, text };
  if (part.type === 'text') for (const citation of part.citations ?? []) yield { type: 'citation', index, citation };
  if ('signature' in part && part.signature) yield { type: 'signature', index, signature: part.signature };
  yield { type: 'part-end', index };
}

function headOf(part: Part): PartHead | undefined {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return { type: part.type };
    case 'reasoning': {
      const { type, id, isRedacted } = part;
      return { type, ...(id === undefined ? {} : { id }), ...(isRedacted === undefined ? {} : { isRedacted }) };
    }
    case 'tool-call':
      return { type: part.type, id: part.id, name: part.name, kind: part.kind };
    case 'tool-result':
      // Results are the caller's to give.
      return undefined;
    default:
      return part;
  }
}

function textOf(part: Part): string {
  if (part.type === 'tool-call') return part.arguments;
  return part.type === 'text' || part.type === 'refusal' || part.type === 'reasoning' ? part.text : '';
}
