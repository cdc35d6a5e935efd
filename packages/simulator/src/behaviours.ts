import type { PrefillManner } from './prefill.ts';
import type { WireErrorFields } from './wire-error.ts';

/** How a request is answered or harmed. JSON-describable, so that it can come from code, a script or the control API. */
export type Behaviour =
  | AnswerBehaviour
  | StatusBehaviour
  | RawBehaviour
  | FileBehaviour
  | RecordingBehaviour
  | ResetBehaviour
  | HangBehaviour
  | TruncateBehaviour
  | MalformedEventBehaviour
  | ErrorEventBehaviour
  | Html200Behaviour
  | Empty200Behaviour
  | JsonToStreamBehaviour
  | GzipBehaviour
  | DribbleBehaviour
  | FloodBehaviour
  | HugeEventBehaviour
  | EchoBehaviour
  | RefusePrefillBehaviour
  | CloseOnReuseBehaviour;

/** What every behaviour that produces an answer understands. Times are milliseconds. */
export interface AnswerTuning {
  /** The words of the answer; the default is the simulator's own. */
  readonly tokens?: number;
  /** The whole answer as text, in place of the deterministic one. */
  readonly text?: string;
  /** Pause between two tokens. */
  readonly gapMs?: number;
  /** Pause between the headers and the first token; of a unary answer, before the headers. */
  readonly firstTokenMs?: number;
  /** What becomes of a conversation that ends with an assistant message; without it, one that begins the answer is gone on with. */
  readonly prefill?: PrefillManner;
  /** The word, from 0, from which on another text is answered than by everybody else. */
  readonly differs?: number;
}

/** One function call of a scripted answer. */
export interface SimulatedToolCall {
  readonly name: string;
  /** JSON text, or a value that is serialised. */
  readonly arguments: unknown;
}

/** Something that the answer cites. */
export interface SimulatedCitation {
  /** The passage of the source. */
  readonly citedText: string;
  readonly title?: string;
  /** Where a web page is cited; without it, a document of the request. */
  readonly url?: string;
}

/** How the bytes of a reply are cut into HTTP chunks; a list of sizes is used in turn, its last one for the rest. */
export type Chunking = 'event' | 'byte' | 'all' | readonly number[];

/** A good answer, in whatever shape the wire allows. */
export interface AnswerBehaviour extends AnswerTuning {
  readonly kind: 'answer';
  readonly toolCalls?: readonly SimulatedToolCall[];
  readonly reasoning?: string;
  /** What proves the reasoning and must be handed back; the default is a fixed one where there is reasoning, `''` leaves it out. */
  readonly signature?: string;
  /** Reasoning that is not shown: Anthropic's `redacted_thinking` and its like on Bedrock. */
  readonly redacted?: string;
  /** Refuses in these words, in the place that the wire has for it; as text where it has none. */
  readonly refusal?: string;
  /** What the whole text is backed with. */
  readonly citations?: readonly SimulatedCitation[];
  /** Streams several tool calls side by side, on the wires that number their fragments: chat and responses. */
  readonly interleave?: boolean;
  /** `always` also streams it unasked, `never` leaves it out, an object is sent as it is where usage is due. */
  readonly usage?: 'always' | 'never' | Readonly<Record<string, unknown>>;
  /** The tier of service that the answer says served it, on the wires of OpenAI; others have it in `usage`. */
  readonly serviceTier?: string;
  readonly finishReason?: string;
  readonly chunking?: Chunking;
  readonly newline?: '\n' | '\r\n' | '\r';
  readonly bom?: boolean;
  /** Puts an SSE comment before every event. */
  readonly comments?: boolean;
  /** `false` leaves out the `[DONE]` at the end, or what else ends a stream on the wire. */
  readonly done?: boolean;
  /** The model name in the answer; the default is the one asked for. */
  readonly model?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers a status. Without a body, the error that belongs to the status, in the shape of the wire that was asked. */
export interface StatusBehaviour {
  readonly kind: 'status';
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Fields of the error object, where there is no body. */
  readonly error?: WireErrorFields;
  /** So many times in all, then good answers. Without it, for ever. */
  readonly times?: number;
}

/** Answers exactly these bytes. */
export interface RawBehaviour {
  readonly kind: 'raw';
  readonly bytes?: string;
  readonly base64?: string;
  readonly chunkSizes?: readonly number[];
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The bytes stand for the whole HTTP reply, status line included; the connection ends after them. */
  readonly wire?: boolean;
}

/** Answers the bytes of a file. */
export interface FileBehaviour {
  readonly kind: 'file';
  readonly path: string;
  readonly chunkSizes?: readonly number[];
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly wire?: boolean;
}

/** Replays one exchange of a JSONL file (also gzipped): status, content type, body, and the chunk sizes when it has them. */
export interface RecordingBehaviour {
  readonly kind: 'recording';
  readonly path: string;
  /** The line, from 0. */
  readonly index?: number;
  /** The first line whose URL or request contains this text. */
  readonly match?: string;
  readonly chunkSizes?: readonly number[];
}

/** Resets the TCP connection. */
export interface ResetBehaviour extends AnswerTuning {
  readonly kind: 'reset';
  readonly when: 'accept' | 'before-headers' | 'after-headers' | { readonly afterTokens: number } | AfterBytes;
}

/** A position counted in bytes of the body. */
export interface AfterBytes {
  readonly afterBytes: number;
}

/** Goes silent and keeps the connection, for `holdMs` when given. */
export interface HangBehaviour extends AnswerTuning {
  readonly kind: 'hang';
  readonly when: 'before-headers' | 'after-headers' | { readonly afterTokens: number } | AfterBytes;
  readonly holdMs?: number;
}

/** Stops after some tokens: `clean` ends the HTTP body properly, otherwise the connection closes inside it. */
export interface TruncateBehaviour extends AnswerTuning {
  readonly kind: 'truncate';
  readonly afterTokens: number;
  readonly clean: boolean;
}

/** Puts one event that is no JSON after `at` tokens; the others are good. */
export interface MalformedEventBehaviour extends AnswerTuning {
  readonly kind: 'malformed-event';
  readonly at: number;
  readonly data?: string;
  /** On a binary wire: the event is good JSON, but its checksum is wrong. */
  readonly corrupt?: boolean;
}

/** Sends an error as an event of a stream that began with 200, then ends the body. */
export interface ErrorEventBehaviour extends AnswerTuning {
  readonly kind: 'error-event';
  /** 0 sends nothing before the error, not even the event that names the role. */
  readonly afterTokens: number;
  /** Sends the events that precede the first token even when `afterTokens` is 0. */
  readonly role?: boolean;
  readonly error?: WireErrorFields;
  /** Sends `[DONE]` after the error, as some providers do; not on Gemini's and Bedrock's wires, which know no such thing. */
  readonly done?: boolean;
}

/** A web page with status 200. */
export interface Html200Behaviour {
  readonly kind: 'html-200';
}

/** Status 200 and an empty body. */
export interface Empty200Behaviour {
  readonly kind: 'empty-200';
}

/** A unary JSON answer to a request for a stream. */
export interface JsonToStreamBehaviour extends AnswerTuning {
  readonly kind: 'json-to-stream';
}

/** A good answer, gzipped without being asked to. */
export interface GzipBehaviour extends AnswerTuning {
  readonly kind: 'gzip';
}

/** A good answer at so many bytes per second. */
export interface DribbleBehaviour extends AnswerTuning {
  readonly kind: 'dribble';
  readonly bytesPerSecond: number;
}

/** At least so many bytes of good events, as fast as the socket takes them. */
export interface FloodBehaviour {
  readonly kind: 'flood';
  readonly bytes: number;
}

/** A good stream with one event of so many bytes of text. */
export interface HugeEventBehaviour extends AnswerTuning {
  readonly kind: 'huge-event';
  readonly bytes: number;
}

/** Answers with a JSON description of the request as the message text. */
export interface EchoBehaviour {
  readonly kind: 'echo';
}

/** Refuses a conversation that ends with an assistant message; answers any other. */
export interface RefusePrefillBehaviour extends AnswerTuning {
  readonly kind: 'refuse-prefill';
}

/** Answers the first request of a connection and closes it, without a byte, on the next. */
export interface CloseOnReuseBehaviour extends AnswerTuning {
  readonly kind: 'close-on-reuse';
}
