import type { ChatAnswer, Choice, Finish } from './chat-answer.ts';
import type { ChatEvent, PartHead } from './chat-event.ts';
import type { Citation, Part, Signature } from './conversation.ts';
import type { Usage } from './usage.ts';

/** A part while its deltas come. */
interface OpenPart {
  readonly choice: number;
  readonly head: PartHead;
  readonly texts: string[];
  signature?: Signature;
  readonly citations: Citation[];
}

/** The whole answer that a stream told, for whoever needs it at once: a client that did not ask for a stream, a cache. */
export function collectAnswer(events: Iterable<ChatEvent>): ChatAnswer {
  const collector = new AnswerCollector();
  for (const event of events) collector.push(event);
  return collector.answer();
}

export class AnswerCollector {
  #start: Extract<ChatEvent, { type: 'start' }> | undefined;
  #usage: Usage | undefined;
  #serviceTier: string | undefined;
  readonly #parts = new Map<number, OpenPart>();
  readonly #finishes = new Map<number, Finish>();
  readonly #logprobs = new Map<number, unknown[]>();

  push(event: ChatEvent): void {
    switch (event.type) {
      case 'start':
        this.#start = event;
        return;
      case 'part-start':
        this.#parts.set(event.index, { choice: event.choice, head: event.part, texts: [], citations: [] });
        return;
      case 'delta':
        this.#parts.get(event.index)?.texts.push(event.text);
        return;
      case 'signature':
        this.#sign(event.index, event.signature);
        return;
      case 'citation':
        this.#parts.get(event.index)?.citations.push(event.citation);
        return;
      case 'logprobs':
        this.#addLogprobs(event.choice, event.logprobs);
        return;
      case 'finish':
        this.#finishes.set(event.choice, event.finish);
        return;
      case 'usage':
        this.#usage = event.usage;
        this.#serviceTier = event.serviceTier ?? this.#serviceTier;
    }
  }

  answer(): ChatAnswer {
    return {
      id: this.#start?.id,
      model: this.#start?.model,
      created: this.#start?.created,
      serviceTier: this.#serviceTier ?? this.#start?.serviceTier,
      usage: this.#usage,
      choices: this.#choices(),
    };
  }

  #choices(): Choice[] {
    const parts = [...this.#parts.values()];
    const indices = new Set([...parts.map(({ choice }) => choice), ...this.#finishes.keys()]);
    return [...indices]
      .sort((left, right) => left - right)
      .map((index) => ({
        index,
        parts: parts.filter(({ choice }) => choice === index).map(closePart),
        finish: this.#finishes.get(index) ?? { reason: 'other', raw: undefined },
        logprobs: this.#logprobs.has(index) ? { content: this.#logprobs.get(index) } : undefined,
      }));
  }

  #sign(index: number, signature: Signature): void {
    const part = this.#parts.get(index);
    if (part) part.signature = signature;
  }

  #addLogprobs(choice: number, logprobs: unknown): void {
    const content =
      typeof logprobs === 'object' && logprobs !== null && 'content' in logprobs ? logprobs.content : undefined;
    if (!Array.isArray(content)) return;
    const known = this.#logprobs.get(choice);
    if (!known) this.#logprobs.set(choice, [...content]);
    else for (const token of content) known.push(token);
  }
}

function closePart({ head, texts, signature, citations }: OpenPart): Part {
  const text = texts.join('');
  const signed = signature === undefined ? {} : { signature };
  switch (head.type) {
    case 'text':
      return { type: 'text', text, ...signed, ...(citations.length > 0 ? { citations } : {}) };
    case 'refusal':
      return { type: 'refusal', text };
    case 'reasoning':
      return { ...head, text, ...signed };
    case 'tool-call':
      return { ...head, arguments: text, ...signed };
    default:
      return head;
  }
}
