import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** What one caller asks for: everything of it follows from its number, so that anybody can say what it costs. */
export interface Wish {
  readonly words: number;
  readonly tokens: number;
  readonly stream: boolean;
}

export function wishOf(number: number): Wish {
  return { words: 1 + ((number * 7) % 40), tokens: 1 + ((number * 5) % 12), stream: number % 3 !== 0 };
}

/** An answer whose end has come, with the tokens that it says it used. */
export interface Answered {
  readonly input: number;
  readonly output: number;
}

export interface Load {
  /** Everything that was asked, by the id of the request. */
  readonly asked: ReadonlyMap<string, Wish>;
  readonly answered: ReadonlyMap<string, Answered>;
  stop(): Promise<void>;
}

export interface LoadInput {
  readonly url: string;
  readonly key: string;
  /** Begins the ids of its requests. */
  readonly name: string;
  readonly callers: number;
}

/** Milliseconds that a caller leaves a gateway alone that did not answer. */
const AFTER_FAILURE_MS = 20;

/** Callers who ask one after the other until they are told to stop, whatever becomes of what they ask. */
export function startLoad({ callers, key, name, url }: LoadInput): Load {
  const asked = new Map<string, Wish>();
  const answered = new Map<string, Answered>();
  let isOver = false;
  const callOn = async (place: number): Promise<void> => {
    for (let number = 0; !isOver; number++) {
      const id = `${name}-${place}-${number}`;
      const wish = wishOf(place * 1_000 + number);
      asked.set(id, wish);
      const used = await ask({ url, key, id, wish }).catch(() => undefined);
      if (used !== undefined) answered.set(id, used);
      else await pause(AFTER_FAILURE_MS);
    }
  };
  const calls = Array.from({ length: callers }, (_, place) => callOn(place));
  return {
    asked,
    answered,
    async stop() {
      isOver = true;
      await Promise.all(calls);
    },
  };
}

export interface AskInput {
  readonly url: string;
  readonly key: string;
  readonly id: string;
  readonly wish: Wish;
  /** Leaves when it aborts. */
  readonly signal?: AbortSignal;
}

/** Asks for a chat; undefined where its answer is none or has no proper end. Rejects where the connection breaks. */
export function ask({ id, key, signal, url, wish }: AskInput): Promise<Answered | undefined> {
  const { stream, tokens, words } = wish;
  const body = JSON.stringify({
    model: 'sim',
    max_tokens: tokens,
    messages: [{ role: 'user', content: Array.from({ length: words }, () => 'word').join(' ') }],
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
  });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}`, 'x-request-id': id };
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, ...(signal && { signal }) };
    const sent = request(`${url}/v1/chat/completions`, options, (reply) => {
      let text = '';
      reply
        .setEncoding('utf8')
        .on('data', (piece: string) => {
          text += piece;
        })
        .on('error', reject)
        .on('end', () => resolve(reply.statusCode === 200 ? usedBy(text, stream) : undefined));
    });
    sent.on('error', reject).end(body);
  });
}

function usedBy(text: string, stream: boolean): Answered | undefined {
  if (stream && !text.endsWith('data: [DONE]\n\n')) return undefined;
  const last = stream ? text.split('\n\n').at(-3)!.slice('data: '.length) : text;
  const { usage } = JSON.parse(last) as { usage: { prompt_tokens: number; completion_tokens: number } };
  return { input: usage.prompt_tokens, output: usage.completion_tokens };
}
