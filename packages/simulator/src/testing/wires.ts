import { readEventStream } from './event-stream.ts';
import { type RawReply, streamData } from './raw-exchange.ts';

/** What a stream said before it ended, however that was. */
export interface StreamReading {
  readonly text: string;
  /** Why the answer ended, in the wire's words. */
  readonly finish: string | undefined;
  /** The errors told inside the stream. */
  readonly errors: readonly string[];
}

/** One wire, as a client of it asks and reads. */
export interface PlayedWire {
  readonly name: string;
  request(model: string, stream: boolean): { readonly path: string; readonly body: object };
  read(body: Buffer): StreamReading;
  /** The text of a whole answer. */
  whole(answer: unknown): string;
  /** Whether a body is an error of the wire. */
  isError(body: object): boolean;
}

/** The text at a place inside JSON; `undefined` when there is none. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  let place = value;
  for (const step of path) place = (place as Readonly<Record<string | number, unknown>> | null | undefined)?.[step];
  return typeof place === 'string' ? place : undefined;
}

/** The wires that streams are played on, Gemini's in both forms. */
export const playedWires: readonly PlayedWire[] = [
  gemini('gemini', '?alt=sse', (body) => streamData(body.toString('utf8'))),
  gemini('gemini, as an array', '', (body) => readArray(body.toString('utf8'))),
  {
    name: 'bedrock-converse',
    request: (model, stream) => ({
      path: `/model/${encodeURIComponent(model)}/converse${stream ? '-stream' : ''}`,
      body: { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] },
    }),
    read: (body) => {
      const messages = readEventStream(body).map(({ headers, payload }) => ({ headers, fields: JSON.parse(payload) }));
      return {
        text: messages.map(({ fields }) => textAt(fields, 'delta', 'text') ?? '').join(''),
        finish: messages.map(({ fields }) => textAt(fields, 'stopReason')).find(Boolean),
        errors: messages.flatMap(({ headers, fields }) =>
          headers[':message-type'] === 'exception'
            ? [`${headers[':exception-type']}: ${textAt(fields, 'message')}`]
            : [],
        ),
      };
    },
    whole: (answer) => textAt(answer, 'output', 'message', 'content', 0, 'text') ?? '',
    isError: (body) => Object.keys(body).join() === 'message',
  },
  {
    name: 'cohere',
    request: (model, stream) => ({
      path: '/v2/chat',
      body: { model, stream, messages: [{ role: 'user', content: 'Hello' }] },
    }),
    read: (body) => {
      const events = streamData(body.toString('utf8'));
      return {
        text: events.map((event) => textAt(event, 'delta', 'message', 'content', 'text') ?? '').join(''),
        finish: events.map((event) => textAt(event, 'delta', 'finish_reason')).find(Boolean),
        errors: events.flatMap((event) => textAt(event, 'delta', 'error') ?? []),
      };
    },
    whole: (answer) => textAt(answer, 'message', 'content', 0, 'text') ?? '',
    isError: (body) => textAt(body, 'message') !== undefined && 'id' in body,
  },
];

/** The bytes of a body. */
export function bodyOf(reply: RawReply): Buffer {
  return Buffer.concat(reply.chunks);
}

function gemini(name: string, query: string, elements: (body: Buffer) => unknown[]): PlayedWire {
  return {
    name,
    request: (model, stream) => ({
      path: `/v1beta/models/${encodeURIComponent(model)}:${stream ? `streamGenerateContent${query}` : 'generateContent'}`,
      body: { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] },
    }),
    read: (body) => {
      const list = elements(body);
      return {
        text: list.map((element) => textAt(element, ...candidate, 'content', 'parts', 0, 'text') ?? '').join(''),
        finish: list.map((element) => textAt(element, ...candidate, 'finishReason')).find(Boolean),
        errors: list.flatMap((element) => {
          const status = textAt(element, 'error', 'status');
          return status === undefined ? [] : [`${status}: ${textAt(element, 'error', 'message')}`];
        }),
      };
    },
    whole: (answer) => textAt(answer, ...candidate, 'content', 'parts', 0, 'text') ?? '',
    isError: (body) => textAt(body, 'error', 'status') !== undefined && textAt(body, 'error', 'message') !== undefined,
  };
}

const candidate = ['candidates', 0] as const;

// An array that breaks off is read up to its last whole element.
function readArray(text: string): unknown[] {
  const elements = text.split(/\n,\r\n/).map((element, index) => (index === 0 ? element.slice(1) : element));
  return elements.flatMap((element) => {
    try {
      return [JSON.parse(element.replace(/\n\]?$/, ''))];
    } catch {
      return [];
    }
  });
}
