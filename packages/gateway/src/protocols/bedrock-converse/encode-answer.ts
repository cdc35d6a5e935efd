import type { ChatAnswer } from '../../canonical/chat-answer.ts';
import type { Part } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { argumentObject } from '../argument-text.ts';
import { encodeFinishReason, stopSequenceFields } from './finish-reason.ts';
import { encodeImage } from './media.ts';
import { carryPartSignature, encodeCitation, encodeReasoning } from './parts.ts';
import { encodeUsage } from './usage.ts';
import { WIRE } from './wire.ts';

/** The body of an answer. The wire has one choice only. */
export function encodeAnswer({ choices, usage, serviceTier }: ChatAnswer): Buffer {
  const [choice] = choices;
  const content = (choice?.parts ?? []).flatMap(encodeAnswerPart);
  const finish = choice?.finish ?? { reason: 'other', raw: undefined };
  const body = {
    output: { message: { role: 'assistant', content } },
    stopReason: encodeFinishReason(finish),
    ...stopSequenceFields(finish),
    usage: encodeUsage(usage),
    metrics: NO_METRICS,
    ...encodeServiceTier(serviceTier),
  };
  return Buffer.from(writeExact(body));
}

/** The wire insists on the member; how long a provider of another wire took is not known here. */
export const NO_METRICS = { latencyMs: 0 };

const tiers = new Set(['priority', 'default', 'flex', 'reserved']);

export function encodeServiceTier(type: string | undefined): { serviceTier?: JsonObject } {
  return type !== undefined && tiers.has(type) ? { serviceTier: { type } } : {};
}

function encodeAnswerPart(part: Part): readonly JsonObject[] {
  const block = encodeBlock(part);
  if (!block) return [];
  if ((part.type !== 'text' && part.type !== 'tool-call') || !part.signature) return [block];
  return [block, signatureBlock(carryPartSignature(part.signature))];
}

function signatureBlock(signature: string): JsonObject {
  return { reasoningContent: { reasoningText: { text: '', signature } } };
}

/** Undefined for what says nothing, and for what clients of this wire have no words for. */
function encodeBlock(part: Part): JsonObject | undefined {
  switch (part.type) {
    case 'text': {
      const { text, citations = [] } = part;
      if (citations.length > 0) {
        return { citationsContent: { content: [{ text }], citations: citations.map(encodeCitation) } };
      }
      return text === '' ? undefined : { text };
    }
    case 'refusal':
      return part.text === '' ? undefined : { text: part.text };
    case 'reasoning':
      return encodeReasoning(part);
    case 'tool-call': {
      const input = part.kind === 'custom' ? { input: part.arguments } : argumentObject(part.arguments);
      return { toolUse: { toolUseId: part.id, name: part.name, input } };
    }
    case 'foreign':
      return part.origin === WIRE ? (part.value as JsonObject) : undefined;
    case 'tool-result':
      return undefined;
    default: {
      const image = encodeImage(part);
      return image && { image };
    }
  }
}
