import { countTokens, splitTokens } from './answer-text.ts';
import { isRecord } from './answers/json.ts';
import { assistantPrefill } from './answers/prompt.ts';
import type { SimulatedRequest } from './simulated-request.ts';
import type { WireErrorFields } from './wire-error.ts';
import { wireOf } from './wires.ts';

/**
 * What becomes of a conversation that ends with an assistant message. `honour`: it is gone on with, whatever it says.
 * `ignore`: the answer begins anew. `refuse`: 400. `prefix`: gone on with when the message says `prefix: true`, else 400.
 * `flag`: gone on with when the request says `continue_final_message: true` and `add_generation_prompt: false`, 400
 * when it says only the first of these, else the answer begins anew.
 */
export type PrefillManner = 'honour' | 'ignore' | 'refuse' | 'prefix' | 'flag';

export const prefillManners: readonly PrefillManner[] = ['honour', 'ignore', 'refuse', 'prefix', 'flag'];

/** Whether a text names a manner. */
export function isPrefillManner(text: string): text is PrefillManner {
  return (prefillManners as readonly string[]).includes(text);
}

/** The error of a conversation whose last message is the assistant's, where it is refused; `undefined` where it is not. */
export function prefillRefusal(
  request: SimulatedRequest,
  manner: PrefillManner | undefined,
): WireErrorFields | undefined {
  if (manner === undefined || manner === 'ignore') return undefined;
  const prefill = assistantPrefill(request);
  if (prefill === undefined) return undefined;
  if (manner === 'refuse') return refused('assistant prefill is not supported');
  if (manner === 'prefix' && !isMarked(request)) return refused('an assistant message there needs prefix: true');
  if (manner === 'flag' && isFlagged(request) && request.json?.['add_generation_prompt'] !== false) {
    return { message: 'Cannot set both `continue_final_message` and `add_generation_prompt` to True.' };
  }
  // The one wire whose providers look at how it ends.
  return wireOf(request.endpoint) === 'anthropic' && /\s$/.test(prefill) ? trailingSpace : undefined;
}

/**
 * What is still to be said of an answer. Without a manner, only a message that begins the answer is gone on with; who
 * honours any goes on after as many words as it has.
 */
export function continueAnswer(
  tokens: readonly string[],
  request: SimulatedRequest,
  manner: PrefillManner | undefined,
): readonly string[] {
  const prefill = assistantPrefill(request);
  if (prefill === undefined || prefill === '' || manner === 'ignore') return tokens;
  if (manner === 'flag' && !isFlagged(request)) return tokens;
  const text = tokens.join('');
  if (text.startsWith(prefill)) return splitTokens(text.slice(prefill.length));
  return manner === undefined ? tokens : tokens.slice(countTokens(prefill));
}

/** The error of whoever takes no conversation that ends with the assistant. */
export const prefillRefused: WireErrorFields = refused('assistant prefill is not supported');

const trailingSpace: WireErrorFields = {
  message: 'messages: final assistant content cannot end with trailing whitespace',
};

function refused(why: string): WireErrorFields {
  return { message: `The last message must be from the user: ${why}.`, param: 'messages' };
}

function isMarked({ json }: SimulatedRequest): boolean {
  const messages = json?.['messages'];
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  return isRecord(last) && last['prefix'] === true;
}

function isFlagged({ json }: SimulatedRequest): boolean {
  return json?.['continue_final_message'] === true;
}
