import type { Told, WireCaller } from './wire-callers.ts';

/** What a caller must take a stream for. */
export type Verdict =
  /** The whole answer, once, with its end. */
  | { readonly kind: 'whole' }
  /** A beginning of the answer, then an error of the wire, and nothing that looks like an end. */
  | { readonly kind: 'honest error'; readonly message: string; readonly text: string }
  /** Anything else: an answer that only looks whole, two answers, an end after an error, half an event. */
  | { readonly kind: 'wrong'; readonly why: string };

/** Judges the bytes that a caller got for a stream whose answer is `whole`. */
export function judgeStream(caller: WireCaller, body: Buffer, whole: string): Verdict {
  let told: Told;
  try {
    told = caller.readStream(body);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
  const { starts, text } = told;
  if (!whole.startsWith(text)) return wrong(`The text is another: ${JSON.stringify(text)}.`);
  if (caller.marks.start && starts !== 1) return wrong(`It begins ${starts} times.`);
  return told.errors.length > 0 ? judgeError(told, whole) : judgeEnd(caller, told, whole);
}

function judgeError({ errors, endsInError, finishes, terminators, text }: Told, whole: string): Verdict {
  if (errors.length > 1) return wrong(`It tells ${errors.length} errors.`);
  if (!endsInError) return wrong('Something follows its error.');
  if (terminators > 0) return wrong('It has its terminator and an error.');
  // What the upstream said of a whole answer before it failed may be passed on.
  if (finishes.length > 0 && text !== whole) return wrong(`It finished (${finishes}) though it did not.`);
  if (errors[0] === '') return wrong('Its error says nothing.');
  return { kind: 'honest error', message: errors[0]!, text };
}

function judgeEnd(caller: WireCaller, { finishes, terminators, text }: Told, whole: string): Verdict {
  if (text !== whole) return wrong(`It ends without an error after ${JSON.stringify(text)}.`);
  if (finishes.length !== 1) return wrong(`It finishes ${finishes.length} times.`);
  // Cohere's `[DONE]` is not in its documents; clients do without it.
  const isEnded = !caller.marks.terminator || caller.wire === 'cohere-chat' || terminators === 1;
  return isEnded && terminators <= 1 ? { kind: 'whole' } : wrong(`It has ${terminators} terminators.`);
}

function wrong(why: string): Verdict {
  return { kind: 'wrong', why };
}
