import type { AnswerBehaviour } from '../behaviours.ts';
import type { SimulatedRequest } from '../simulated-request.ts';

/** A good answer of one endpoint, made when it is asked for. */
export interface Answer {
  /** The content type of the unary answer. */
  readonly contentType: string;
  /** Headers that the wire puts on every answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The whole body of a unary answer. */
  body(): Buffer;
  /** The events of a streamed answer; `undefined` when the request asked for none or the endpoint has none. */
  readonly stream: (() => StreamEvent[]) | undefined;
  /** Output tokens of one answer, which set the pace of it. */
  readonly tokens: number;
}

/** One event of a stream, framed: with the line ends and the empty line of an SSE event, say. */
export type StreamEvent = {
  /** The answer's tokens in it. */
  readonly tokens: number;
} & ({ readonly text: string } | { readonly bytes: Buffer });

/** What an endpoint makes its answer of. */
export interface AnswerContext {
  readonly request: SimulatedRequest;
  /** The number of the attempt, from which ids are made. */
  readonly index: number;
  /** Words of the default answer. */
  readonly tokens: number;
  readonly spec: Omit<AnswerBehaviour, 'kind'>;
  /** The models that the simulator lists. */
  readonly models: readonly string[];
}

/** The `created` time of every answer, in seconds since 1970, fixed so that answers are the same bytes each time. */
export const created = 1_767_225_600;

/** A deterministic id: a prefix and the number of the attempt. */
export function answerId(prefix: string, index: number): string {
  return `${prefix}sim${String(index).padStart(10, '0')}`;
}

/** A unary JSON answer. */
export function jsonAnswer(value: unknown): Answer {
  return {
    contentType: 'application/json',
    body: () => Buffer.from(JSON.stringify(value)),
    stream: undefined,
    tokens: 0,
  };
}
