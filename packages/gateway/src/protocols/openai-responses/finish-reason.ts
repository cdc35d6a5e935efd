import type { Finish, FinishReason } from '../../canonical/chat-answer.ts';
import type { Part, ToolCallPart } from '../../canonical/conversation.ts';
import { asObject, asString, type JsonObject } from '../../canonical/json.ts';

type PartLook = Pick<Part, 'type'> | Pick<ToolCallPart, 'type' | 'kind'>;

/**
 * What the parts of an answer say about its end: this wire's status does not tell an answer from a call. Servers that
 * run tools themselves show their calls too (xAI, as `custom_tool_call`) and go on to answer: a custom call waits for
 * the caller only when no text follows it.
 */
export class PartTally {
  #hasFunctionCall = false;
  #hasOpenCustomCall = false;
  #hasRefusal = false;

  add(part: PartLook): void {
    if (part.type === 'tool-call') {
      if ('kind' in part && part.kind === 'custom') this.#hasOpenCustomCall = true;
      else this.#hasFunctionCall = true;
    } else if (part.type === 'text' || part.type === 'refusal') {
      this.#hasOpenCustomCall = false;
      this.#hasRefusal ||= part.type === 'refusal';
    }
  }

  get reason(): FinishReason {
    if (this.#hasFunctionCall || this.#hasOpenCustomCall) return 'tool-calls';
    return this.#hasRefusal ? 'refusal' : 'stop';
  }
}

/** Why an answer ended, from its `response` object and its parts. */
export function decodeFinish(response: JsonObject, parts: PartTally): Finish {
  const status = asString(response['status']);
  if (status === 'completed') return { reason: parts.reason, raw: status };
  const detail = asString(asObject(response['incomplete_details'])?.['reason']);
  // It is not whole, whatever the reason for that is called.
  const unknown = status === 'incomplete' ? 'length' : 'other';
  return { reason: incompleteReasons.get(detail) ?? unknown, raw: detail ?? status };
}

const incompleteReasons = new Map<string | undefined, FinishReason>([
  ['max_output_tokens', 'length'],
  ['content_filter', 'content-filter'],
]);

/** Status of the answer, and what is missing of it. */
export interface EncodedFinish {
  readonly status: 'completed' | 'incomplete';
  readonly incompleteDetails: { readonly reason: string } | null;
}

/**
 * A refusal in the model's own words is an answer of this wire, and completed. Where another wire says that an answer ended
 * with one, somebody took it out of the model's hands: what there is of it must not pass for the whole.
 */
export function encodeFinish(finish: Finish | undefined): EncodedFinish {
  switch (finish?.reason) {
    case 'length':
    case 'paused':
      return { status: 'incomplete', incompleteDetails: { reason: 'max_output_tokens' } };
    case 'content-filter':
      return filtered;
    case 'refusal':
      return finish.raw === whole.status ? whole : filtered;
    default:
      return whole;
  }
}

const whole: EncodedFinish = { status: 'completed', incompleteDetails: null };
const filtered: EncodedFinish = { status: 'incomplete', incompleteDetails: { reason: 'content_filter' } };
