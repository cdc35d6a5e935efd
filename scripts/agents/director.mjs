import { upstreams } from './upstreams.mjs';

/** What the agent is to say when its task is done. */
export const finalText = 'The note has been written and everything is done now.';
const sideText = 'A note';
const thought = 'A short note will do.';
/** What proves the thought; the upstream must get it back, byte for byte. */
export const signature = Buffer.from('a signature of the upstream').toString('base64');

/**
 * Plays the model: asks for the tool until its result has come, then says the final words. Agents ask for more than the
 * task, titles and memories; such requests offer no tools, or not that one.
 * @param {{ wire: string, call: { name: string, arguments: unknown }, play: string | undefined }} parts
 */
export function createDirector({ wire, call, play }) {
  let faultsLeft = play === 'truncated' ? Number.POSITIVE_INFINITY : 1;
  return (/** @type {{ json: Record<string, any> | undefined }} */ { json = {} }) => {
    if (!offers(json, call.name)) return { kind: 'answer', text: sideText };
    const isDone = upstreams[wire].results(json).length > 0;
    // A limit stands before the first word, the other faults inside the last answer.
    const played = play === undefined ? undefined : faults[play];
    if (played !== undefined && faultsLeft > 0 && isDone !== (play === 'rate-limited')) {
      faultsLeft -= 1;
      return played;
    }
    if (isDone) return { kind: 'answer', text: finalText };
    return { kind: 'answer', toolCalls: [call], ...(play === 'reasoning' ? { reasoning: thought, signature } : {}) };
  };
}

/** @type {Readonly<Record<string, object | undefined>>} */
const faults = {
  truncated: { kind: 'truncate', afterTokens: 4, clean: true, text: finalText },
  'rate-limited': { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
  'error-event': { kind: 'error-event', afterTokens: 4, text: finalText },
};

/** Whether a body offers a tool, however its wire writes tools down. */
function offers(/** @type {Record<string, any>} */ json, /** @type {string} */ name) {
  return JSON.stringify(json['tools'] ?? json['toolConfig'] ?? null).includes(`"name":"${name}"`);
}
