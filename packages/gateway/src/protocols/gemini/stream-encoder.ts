import type { Finish } from '../../canonical/chat-answer.ts';
import type { ChatEvent, PartHead } from '../../canonical/chat-event.ts';
import type { Citation, Part, Signature } from '../../canonical/conversation.ts';
import { isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import { writeExact } from '../../framing/exact-json.ts';
import type { AnswerContext, StreamEncoder, StreamFrame } from '../protocol.ts';
import { contentOf } from './encode-answer.ts';
import { encodeFinish } from './finish-reason.ts';
import { encodeCitations } from './grounding.ts';
import { encodeLogprobs } from './logprobs.ts';
import { encodeAnswerPart, encodeFirstCall } from './parts.ts';
import { writeSignature } from './signatures.ts';
import { TextPlaces } from './text-places.ts';
import { encodeServiceTier, encodeUsage } from './usage.ts';

const NOTHING = Buffer.alloc(0);

interface OpenPart {
  readonly choice: number;
  readonly head: PartHead;
  /** What follows a text in its chunk. */
  readonly afterText: string;
  /** Arguments of a call, which go out whole. */
  readonly texts: string[];
  signature?: Signature;
}

/** What is told with the last chunk of a candidate. */
interface Ending {
  finish: Finish | undefined;
  readonly citations: Citation[];
  readonly logprobs: JsonObject[];
  readonly places: TextPlaces;
  hasCalls: boolean;
}

/**
 * Writes a stream: server-sent events, or one JSON array where the caller did not ask for these. `finishReason` is all
 * that says that an answer is whole, so it is held back until the end.
 */
export class GeminiStreamEncoder implements StreamEncoder {
  readonly #context: AnswerContext;
  readonly #parts = new Map<number, OpenPart>();
  readonly #endings = new Map<number, Ending>();
  #id: string;
  #model: string;
  #serviceTier: string | undefined;
  #usage: Usage | undefined;
  /** Members after the candidates, until the usage changes. */
  #tail: string | undefined;
  #isFirst = true;
  /** Candidates of which the caller was told why they ended. */
  readonly #told = new Set<number>();

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#id = context.id;
    this.#model = context.model;
  }

  push(event: ChatEvent): Buffer {
    switch (event.type) {
      case 'start':
        this.#id = event.id ?? this.#id;
        this.#model = event.model ?? this.#model;
        this.#serviceTier = encodeServiceTier(event.serviceTier);
        return NOTHING;
      case 'part-start':
        return this.#open(event.index, event.choice, event.part);
      case 'delta':
        return this.#delta(event.index, event.text);
      case 'signature':
        return this.#sign(event.index, event.signature);
      case 'part-end':
        return this.#close(event.index);
      case 'usage':
        this.#usage = event.usage;
        if (event.serviceTier !== undefined) this.#serviceTier = encodeServiceTier(event.serviceTier);
        this.#tail = undefined;
        return NOTHING;
      case 'end':
        return this.#end();
      default:
        this.#keep(event);
        return NOTHING;
    }
  }

  resume(frames: readonly StreamFrame[]): readonly ChatEvent[] {
    for (const { data } of frames) {
      const answer: unknown = JSON.parse(data.toString('utf8'));
      if (!isObject(answer)) continue;
      for (const { finishReason, index } of objectsIn(answer['candidates'])) {
        if (finishReason !== undefined) this.#told.add(typeof index === 'number' ? index : 0);
      }
    }
    return [];
  }

  /** Arguments of a call are an object of the wire's JSON, which no caller could read in pieces. */
  holds(index: number): boolean {
    return this.#parts.get(index)?.head.type === 'tool-call';
  }

  #open(index: number, choice: number, head: PartHead): Buffer {
    const thought = head.type === 'reasoning' ? ',"thought":true' : '';
    const afterText = `${thought}}],"role":"model"},"index":${choice}}]`;
    this.#parts.set(index, { choice, head, afterText, texts: [] });
    return isWhole(head) ? this.#part(choice, head) : NOTHING;
  }

  #delta(index: number, text: string): Buffer {
    const part = this.#parts.get(index);
    if (!part) return NOTHING;
    if (part.head.type === 'tool-call') {
      part.texts.push(text);
      return NOTHING;
    }
    if (part.head.type === 'text') this.#ending(part.choice).places.add(text);
    return this.#chunk(`{"candidates":[{"content":{"parts":[{"text":${JSON.stringify(text)}${part.afterText}`);
  }

  /** Of texts it follows with an empty one, as Google sends it. */
  #sign(index: number, signature: Signature): Buffer {
    const part = this.#parts.get(index);
    if (!part || isWhole(part.head)) return NOTHING;
    if (part.head.type === 'tool-call') {
      part.signature = signature;
      return NOTHING;
    }
    const isThought = part.head.type === 'reasoning';
    const thoughtSignature = writeSignature(signature, part.head.type === 'reasoning' ? part.head : {});
    return this.#content(part.choice, { text: '', ...(isThought ? { thought: true } : {}), thoughtSignature });
  }

  #close(index: number): Buffer {
    const part = this.#parts.get(index);
    this.#parts.delete(index);
    if (part?.head.type !== 'tool-call') return NOTHING;
    const signed = part.signature ? { signature: part.signature } : {};
    const call = { ...part.head, arguments: part.texts.join(''), ...signed };
    const ending = this.#ending(part.choice);
    const written = ending.hasCalls ? encodeAnswerPart(call) : encodeFirstCall(call);
    ending.hasCalls = true;
    return written ? this.#content(part.choice, written) : NOTHING;
  }

  #keep(event: ChatEvent): void {
    if (event.type === 'finish') this.#ending(event.choice).finish = event.finish;
    else if (event.type === 'citation') {
      const part = this.#parts.get(event.index);
      if (part) this.#ending(part.choice).citations.push(event.citation);
    } else if (event.type === 'logprobs' && isObject(event.logprobs)) {
      const { logprobs } = this.#ending(event.choice);
      for (const token of objectsIn(event.logprobs['content'])) logprobs.push(token);
    }
  }

  #end(): Buffer {
    const close = this.#context.isSse ? NOTHING : CLOSE;
    const endings = [...this.#endings].filter(([index]) => !this.#told.has(index));
    if (endings.length === 0 && this.#told.size > 0) return close;
    const candidates = endings
      .sort(([left], [right]) => left - right)
      .map(([index, { finish, citations, logprobs, places }]) => ({
        content: contentOf([]),
        finishReason: finish && encodeFinish(finish),
        index,
        ...encodeCitations(citations, places),
        logprobsResult: encodeLogprobs({ content: logprobs }),
      }));
    const chunk = this.#chunk(`{"candidates":${writeExact(candidates)}`);
    return Buffer.concat([chunk, close]);
  }

  #ending(choice: number): Ending {
    let ending = this.#endings.get(choice);
    if (!ending) {
      ending = { finish: undefined, citations: [], logprobs: [], places: new TextPlaces(), hasCalls: false };
      this.#endings.set(choice, ending);
    }
    return ending;
  }

  #part(choice: number, part: Part): Buffer {
    const written = encodeAnswerPart(part);
    return written ? this.#content(choice, written) : NOTHING;
  }

  #content(choice: number, part: JsonObject): Buffer {
    return this.#chunk(`{"candidates":[{"content":${writeExact(contentOf([part]))},"index":${choice}}]`);
  }

  /** A chunk, of which all but the members after the candidates is given. */
  #chunk(start: string): Buffer {
    this.#tail ??= this.#makeTail();
    if (this.#context.isSse) return Buffer.from(`data: ${start}${this.#tail}\r\n\r\n`);
    const before = this.#isFirst ? '[' : ',\r\n';
    this.#isFirst = false;
    return Buffer.from(before + start + this.#tail);
  }

  #makeTail(): string {
    const names = `"modelVersion":${JSON.stringify(this.#model)},"responseId":${JSON.stringify(this.#id)}}`;
    if (!this.#usage) return `,${names}`;
    return `,"usageMetadata":${JSON.stringify(encodeUsage(this.#usage, this.#serviceTier))},${names}`;
  }
}

const CLOSE = Buffer.from(']');

/** Whether a part came with its beginning: media and what only this wire knows. */
function isWhole(head: PartHead): head is Extract<PartHead, { source: unknown } | { type: 'foreign' }> {
  return 'source' in head || head.type === 'foreign';
}
