import { answerText } from '@llm-gateway/simulator';
import type { WireCaller } from '../failures/wire-callers.ts';
import { at, eventFrames, textAt } from '../failures/wire-frames.ts';
import { judgeStream } from '../failures/wire-verdict.ts';
import type { Got } from './asking.ts';

/** What a caller must take a reply for. */
export type Outcome =
  /** The whole answer, once. */
  | { readonly kind: 'whole' }
  /** A beginning of the answer, then an error of the wire, and nothing that looks like an end. */
  | { readonly kind: 'broken'; readonly text: string; readonly message: string }
  /** An error with a status of its own, in the shape of the wire. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  /** The connection broke in the middle of an answer that is not streamed: nobody takes that for one. */
  | { readonly kind: 'cut' }
  /** Anything else, and why it is a lie. */
  | { readonly kind: 'wrong'; readonly why: string };

/** The answer of the simulator when nothing else is asked of it. */
export const wholeText = answerText(60);

/** Judges a reply to a request whose answer is `whole`. */
export function judge(caller: WireCaller, stream: boolean, got: Got, whole: string = wholeText): Outcome {
  try {
    if (got.status >= 400) return judgeRefusal(caller, got);
    if (got.status !== 200) return wrong(`The status is ${got.status}.`);
    if (got.headers['content-encoding'] !== undefined) return wrong('The reply is compressed.');
    return stream ? judgeStreamed(caller, got, whole) : judgeUnary(caller, got, whole);
  } catch (error) {
    return wrong(`The reply cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function judgeRefusal(caller: WireCaller, { status, body, isCut }: Got): Outcome {
  if (isCut) return wrong('A refusal is cut.');
  const value: unknown = JSON.parse(body.toString('utf8'));
  const message = caller.readError(value);
  if (message === '') return wrong('A refusal says nothing.');
  if (caller.readAnswer(value).text !== '') return wrong('A refusal holds an answer.');
  return { kind: 'refused', status, message };
}

function judgeUnary(caller: WireCaller, { body, isCut, headers }: Got, whole: string): Outcome {
  if (isCut) return { kind: 'cut' };
  if (!/^application\/json/.test(headers['content-type'] ?? '')) return wrong(`It is ${headers['content-type']}.`);
  const { text, finish } = caller.readAnswer(JSON.parse(body.toString('utf8')));
  if (text !== whole) return wrong(`The text is another: ${short(text)}.`);
  return finish === '' ? wrong('It has no finish.') : { kind: 'whole' };
}

function judgeStreamed(caller: WireCaller, { body, isCut, headers }: Got, whole: string): Outcome {
  // A stream is told its error in band; who is cut off without a word cannot tell.
  if (isCut) return wrong(`The stream is cut after ${body.length} bytes.`);
  if (!(headers['content-type'] ?? '').startsWith(caller.streamType)) return wrong(`It is ${headers['content-type']}.`);
  const verdict = judgeStream(caller, body, whole);
  if (verdict.kind === 'honest error') return { kind: 'broken', text: verdict.text, message: verdict.message };
  return verdict.kind === 'whole' ? verdict : wrong(short(verdict.why));
}

/** What an answer says of itself, where its wire says it. */
export interface Facts {
  readonly model: string;
  /** Output tokens; undefined where there is no usage. */
  readonly output: number | undefined;
}

/** Reads the model's name and the usage out of an answer of the two wires that most clients speak. */
export function factsOf(caller: WireCaller, stream: boolean, { body }: Got): Facts {
  const parts: unknown[] = stream
    ? eventFrames(body)
        .filter(({ data }) => data !== '[DONE]')
        .map(({ data }) => JSON.parse(data))
    : [JSON.parse(body.toString('utf8'))];
  const isMessages = caller.wire === 'anthropic-messages';
  const models = parts.map((part) => textAt(part, 'model') || textAt(part, 'message', 'model'));
  const outputs = parts.map((part) => at(part, 'usage', isMessages ? 'output_tokens' : 'completion_tokens'));
  const output = outputs.findLast((count) => typeof count === 'number');
  return { model: models.find((model) => model !== '') ?? '', output: output as number | undefined };
}

function wrong(why: string): Outcome {
  return { kind: 'wrong', why };
}

function short(text: string): string {
  return text.length <= 300 ? JSON.stringify(text) : `${JSON.stringify(text.slice(0, 300))}…`;
}
