import type { Finish } from '../../canonical/chat-answer.ts';
import type { ChatEvent, PartHead } from '../../canonical/chat-event.ts';
import type { Citation, Signature } from '../../canonical/conversation.ts';
import { asObject, type JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import { createFrameEncoder } from '../../framing/aws-event-stream.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { carrySignature, readSignature, UNSIGNED } from '../foreign-signature.ts';
import type { StreamEncoder, StreamFrame } from '../protocol.ts';
import { encodeServiceTier, NO_METRICS } from './encode-answer.ts';
import { encodeFinishReason, stopSequenceFields } from './finish-reason.ts';
import { encodeImage } from './media.ts';
import { carryPartSignature, carryRedacted, encodeCitation, readRedacted } from './parts.ts';
import { readSentBlocks, type SentBlock } from './sent-blocks.ts';
import { encodeUsage } from './usage.ts';
import { WIRE } from './wire.ts';

const EMPTY: Buffer = Buffer.alloc(0);

function eventEncoder(type: string): (payload: string) => Buffer {
  return createFrameEncoder({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' });
}

const messageStart = eventEncoder('messageStart');
const blockStart = eventEncoder('contentBlockStart');
const blockDelta = eventEncoder('contentBlockDelta');
const blockStop = eventEncoder('contentBlockStop');
const messageStop = eventEncoder('messageStop');
const metadata = eventEncoder('metadata');

/** How the deltas of the open part are written; '' where they are not. */
type DeltaKind = 'text' | 'reasoning' | 'input' | 'custom' | '';

/** Writes one stream of ConverseStream. Of several choices the first is told: the wire has one only. */
export class BedrockStreamEncoder implements StreamEncoder {
  #serviceTier: string | undefined;
  #usage: Usage | undefined;
  #finish: Finish | undefined;
  #hasToldFinish = false;
  /** Index of the next block, which is that of the open one. */
  #block = 0;
  #isOpen = false;
  /** The event index of the part that is being written. */
  #part: number | undefined;
  #hasInput = false;
  #isSigned = false;
  #kind: DeltaKind = '';
  #head: PartHead | undefined;
  #signature: Signature | undefined;
  /** Free text of a call, which becomes JSON when it is whole. */
  #custom = '';

  push(event: ChatEvent): Buffer {
    // Parts of other choices may come between the deltas of the first one's.
    if ('index' in event && event.type !== 'part-start' && event.index !== this.#part) return EMPTY;
    switch (event.type) {
      case 'delta':
        return this.#delta(event.text);
      case 'start':
        this.#serviceTier = event.serviceTier;
        return messageStart('{"role":"assistant"}');
      case 'part-start':
        if (event.choice !== 0) return EMPTY;
        this.#part = event.index;
        return this.#startPart(event.part);
      case 'part-end':
        return this.#endPart();
      case 'signature':
        return this.#sign(event.signature);
      case 'citation':
        return this.#cite(event.citation);
      case 'finish':
        if (event.choice === 0) this.#finish = event.finish;
        return EMPTY;
      case 'usage':
        this.#usage = event.usage;
        this.#serviceTier = event.serviceTier ?? this.#serviceTier;
        return EMPTY;
      case 'end':
        return this.#end();
      default:
        return EMPTY;
    }
  }

  resume(frames: readonly StreamFrame[]): readonly ChatEvent[] | undefined {
    const { hasFinish, block } = readSentBlocks(frames);
    this.#hasToldFinish = hasFinish;
    if (!block) return [];
    this.#isOpen = block.isOpen;
    this.#block = block.isOpen ? block.at : block.at + 1;
    if (block.isOpen) return this.#resumeBlock(block);
    // A part may be held open for what belongs to it and comes in a block of its own.
    const index = this.#part;
    this.#part = undefined;
    return index === undefined ? [] : [{ type: 'part-end', index }];
  }

  #resumeBlock({ kind, token }: SentBlock): readonly ChatEvent[] | undefined {
    const index = this.#part;
    // A block that comes whole cannot be completed by another.
    if (index === undefined || kind === undefined) return undefined;
    if (token === '') return [];
    this.#isSigned = true;
    const signature = kind === 'redacted' ? readRedacted(token) : readSignature(token, WIRE);
    return [{ type: 'signature', index, signature }];
  }

  #startPart(head: PartHead): Buffer {
    this.#head = head;
    this.#signature = undefined;
    this.#custom = '';
    this.#hasInput = false;
    this.#isSigned = false;
    this.#kind = '';
    switch (head.type) {
      case 'text':
      case 'refusal':
        this.#kind = 'text';
        return EMPTY;
      case 'reasoning':
        this.#kind = head.isRedacted === true ? '' : 'reasoning';
        return EMPTY;
      case 'tool-call':
        this.#kind = head.kind === 'custom' ? 'custom' : 'input';
        return this.#start({ toolUse: { toolUseId: head.id, name: head.name } });
      case 'foreign':
        return head.origin === WIRE ? this.#writeForeign(asObject(head.value) ?? {}) : EMPTY;
      default: {
        const image = encodeImage(head);
        if (!image) return EMPTY;
        return Buffer.concat([
          this.#start({ image: { format: image.format } }),
          this.#writeDelta({ image: { source: image.source } }),
        ]);
      }
    }
  }

  #start(start: JsonObject): Buffer {
    this.#isOpen = true;
    return blockStart(writeExact({ start, contentBlockIndex: this.#block }));
  }

  /** The path of nearly all events: the JSON is put together as text. */
  #delta(text: string): Buffer {
    switch (this.#kind) {
      case 'text':
        return this.#writeText('{"text":', text, '}');
      case 'input':
        this.#hasInput = true;
        return this.#writeText('{"toolUse":{"input":', text, '}}');
      case 'reasoning':
        return this.#writeText('{"reasoningContent":{"text":', text, '}}');
      case 'custom':
        this.#custom += text;
        return EMPTY;
      default:
        return EMPTY;
    }
  }

  #writeText(before: string, text: string, after: string): Buffer {
    this.#isOpen = true;
    return blockDelta(`{"contentBlockIndex":${this.#block},"delta":${before}${JSON.stringify(text)}${after}}`);
  }

  #writeDelta(delta: JsonObject): Buffer {
    this.#isOpen = true;
    return blockDelta(writeExact({ contentBlockIndex: this.#block, delta }));
  }

  #cite(citation: Citation): Buffer {
    return this.#kind === 'text' ? this.#writeDelta({ citation: encodeCitation(citation) }) : EMPTY;
  }

  #sign(signature: Signature): Buffer {
    if (this.#head?.type !== 'reasoning') {
      this.#signature = signature;
      return EMPTY;
    }
    const reasoningContent = this.#head.isRedacted
      ? { redactedContent: carryRedacted(signature) }
      : { signature: carrySignature(signature, WIRE) };
    this.#isSigned = true;
    return this.#writeDelta({ reasoningContent });
  }

  #endPart(): Buffer {
    const isCall = this.#head?.type === 'tool-call';
    const rest: Buffer[] = [];
    if (this.#kind === 'custom') {
      rest.push(this.#writeDelta({ toolUse: { input: JSON.stringify({ input: this.#custom }) } }));
    } else if (isCall && !this.#hasInput) rest.push(this.#writeDelta({ toolUse: { input: '{}' } }));
    if (this.#kind === 'reasoning' && this.#isOpen && !this.#isSigned) {
      rest.push(this.#writeDelta({ reasoningContent: { signature: UNSIGNED } }));
    }
    rest.push(this.#stop());
    if (this.#signature) {
      // See carryPartSignature: a block of its own, after the one that it is of.
      const signature = carryPartSignature(this.#signature);
      rest.push(this.#writeDelta({ reasoningContent: { signature } }), this.#stop());
    }
    this.#head = undefined;
    this.#kind = '';
    return rest.length === 1 ? rest[0]! : Buffer.concat(rest);
  }

  /** Ends the block, if anything of it was written. */
  #stop(): Buffer {
    if (!this.#isOpen) return EMPTY;
    this.#isOpen = false;
    return blockStop(`{"contentBlockIndex":${this.#block++}}`);
  }

  /** A block of this wire's own that came whole. Those that its streams have no start for are left out. */
  #writeForeign(block: JsonObject): Buffer {
    const toolUse = asObject(block['toolUse']);
    if (toolUse) {
      const { input, ...start } = toolUse;
      return Buffer.concat([
        this.#start({ toolUse: start }),
        this.#writeDelta({ toolUse: { input: writeExact(input ?? {}) } }),
      ]);
    }
    const toolResult = asObject(block['toolResult']);
    if (!toolResult) return EMPTY;
    const { content, ...start } = toolResult;
    return Buffer.concat([this.#start({ toolResult: start }), this.#writeDelta({ toolResult: content ?? [] })]);
  }

  /** Both closing events, so that an answer that is cut short has neither. */
  #end(): Buffer {
    return this.#hasToldFinish ? this.#metadata() : Buffer.concat([this.#messageStop(), this.#metadata()]);
  }

  #messageStop(): Buffer {
    const finish = this.#finish ?? { reason: 'other', raw: undefined };
    return messageStop(JSON.stringify({ stopReason: encodeFinishReason(finish), ...stopSequenceFields(finish) }));
  }

  #metadata(): Buffer {
    const closing = { usage: encodeUsage(this.#usage), metrics: NO_METRICS, ...encodeServiceTier(this.#serviceTier) };
    return metadata(JSON.stringify(closing));
  }
}
