import type { Clock } from '../canonical/clock.ts';
import type { Transport, UpstreamCall, UpstreamHandler, UpstreamRequest } from './upstream-call.ts';

/** Origin of targets that the built-in demo model serves. */
export const DEMO_ORIGIN = 'demo:';
export const DEMO_MODEL = 'demo';

/** Milliseconds between the words of a streamed answer, so that a person sees it stream. */
const WORD_GAP_MS = 25;
const CREATED = 1_700_000_000;

interface DemoRequest {
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly messages?: readonly { readonly role?: string; readonly content?: unknown }[];
}

/**
 * The demo model: an upstream within the process, so that the gateway can be tried without a key. It answers the same
 * question with the same words, streams, and counts words as tokens. It speaks the OpenAI wire, and goes through
 * routing, limits and relay as any provider does.
 */
export function createDemoTransport(clock: Clock): Transport {
  return {
    send: (request, handler) => new DemoCall(request, handler, clock),
    close: async () => {},
  };
}

class DemoCall implements UpstreamCall {
  readonly #handler: UpstreamHandler;
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;
  #isOver = false;
  readonly isSent = true;

  constructor(request: UpstreamRequest, handler: UpstreamHandler, clock: Clock) {
    this.#handler = handler;
    this.#clock = clock;
    const text = Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '{}';
    const asked = JSON.parse(text) as DemoRequest;
    this.#later(0, () => this.#answer(request, asked));
  }

  abort(): void {
    this.#isOver = true;
    this.#cancel?.();
  }

  resume(): void {}

  #later(delayMs: number, action: () => void): void {
    this.#cancel = this.#clock.schedule(() => {
      if (!this.#isOver) action();
    }, delayMs);
  }

  #answer(request: UpstreamRequest, asked: DemoRequest): void {
    if (!request.path.endsWith('/chat/completions')) {
      this.#send(404, 'application/json', [JSON.stringify(notServed)]);
      return;
    }
    const question = lastQuestion(asked);
    const words = answerTo(question).match(/\S+\s*/g) ?? [];
    const input = (asked.messages ?? []).reduce((sum, message) => sum + wordCount(textOf(message.content)), 0);
    const usage = { prompt_tokens: input, completion_tokens: words.length, total_tokens: input + words.length };
    if (asked.stream === true) {
      const includeUsage = asked.stream_options?.include_usage === true;
      this.#stream([...streamEvents(words, includeUsage ? usage : undefined)]);
      return;
    }
    const message = { role: 'assistant', content: words.join('') };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    this.#send(200, 'application/json', [JSON.stringify({ ...envelope('chat.completion'), choices, usage })]);
  }

  #stream(events: readonly string[]): void {
    this.#head(200, 'text/event-stream');
    const next = (index: number): void => {
      if (this.#isOver) return;
      if (index === events.length) this.#end();
      else {
        this.#handler.onData(Buffer.from(events[index]!));
        this.#later(WORD_GAP_MS, () => next(index + 1));
      }
    };
    next(0);
  }

  #send(status: number, type: string, parts: readonly string[]): void {
    this.#head(status, type);
    for (const part of parts) if (!this.#isOver) this.#handler.onData(Buffer.from(part));
    this.#end();
  }

  #head(status: number, type: string): void {
    this.#handler.onHead(status, ['content-type', type]);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handler.onEnd();
  }
}

const notServed = {
  error: {
    message: 'The demo model serves chat completions only.',
    type: 'invalid_request_error',
    param: null,
    code: 'not_found',
  },
};

function envelope(object: string): Record<string, unknown> {
  return { id: 'chatcmpl-demo', object, created: CREATED, model: DEMO_MODEL };
}

function* streamEvents(words: readonly string[], usage: object | undefined): Generator<string> {
  const event = (choices: readonly object[], extra: object = {}) =>
    `data: ${JSON.stringify({ ...envelope('chat.completion.chunk'), choices, ...extra })}\n\n`;
  yield event([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]);
  for (const word of words) yield event([{ index: 0, delta: { content: word }, finish_reason: null }]);
  yield event([{ index: 0, delta: {}, finish_reason: 'stop' }]);
  if (usage) yield event([], { usage });
  yield 'data: [DONE]\n\n';
}

function answerTo(question: string): string {
  const quoted = question === '' ? 'nothing' : `"${question.length > 200 ? `${question.slice(0, 200)}…` : question}"`;
  return (
    `This is the demo model of llm-gateway; it runs inside the gateway and knows nothing. You said ${quoted}. ` +
    'Set OPENAI_API_KEY, or write a config file, and start again to talk to a real model.'
  );
}

function lastQuestion(asked: DemoRequest): string {
  const last = asked.messages?.filter((message) => message.role === 'user').at(-1);
  return textOf(last?.content);
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: unknown }) => (typeof part?.text === 'string' ? part.text : '')).join(' ');
}

function wordCount(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}
