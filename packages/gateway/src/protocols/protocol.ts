import type { ChatAnswer } from '../canonical/chat-answer.ts';
import type { ChatEvent } from '../canonical/chat-event.ts';
import type { ChatRequest } from '../canonical/conversation.ts';
import type { Feature, FeatureSupport } from '../canonical/features.ts';
import type { GatewayError } from '../canonical/gateway-error.ts';
import type { JsonObject } from '../canonical/json.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { Usage } from '../canonical/usage.ts';
import type { Framing } from '../framing/frame-splitter.ts';
import type { AnswerKeeping } from './answer-keeping.ts';
import type { StreamReader } from './stream-reader.ts';
import type { AnswerFault } from './unfinished-answer.ts';

/**
 * A wire format of chat, both ways. All of it is pure and synchronous: values in, values or bytes out. Each folder
 * exports one as default from `protocol.ts`; `npm run generate` collects them.
 */
export interface Protocol {
  readonly name: ProtocolName;
  readonly framing: Framing;
  /** Content type of its streams. */
  readonly streamType: string;
  readonly client: ClientSide;
  readonly upstream: UpstreamSide;
}

/** The wire as its clients speak it. */
export interface ClientSide {
  /** What routing needs of a body. Checks only what every request must have; throws GatewayError `invalid_request`. */
  readFacts(body: JsonObject): ChatFacts;
  /**
   * Reads a whole request. Throws GatewayError `invalid_request` whose message and `param` name the field, as in
   * `messages[2].content[0].type`, for what cannot be understood.
   */
  decodeRequest(body: JsonObject, facts: ChatFacts): ChatRequest;
  encodeAnswer(answer: ChatAnswer, context: AnswerContext): Buffer;
  createStreamEncoder(context: AnswerContext): StreamEncoder;
  encodeError(error: GatewayError): ErrorReply;
  /** Whether a body is an error that its clients can read: then an upstream's own words are passed on as they are. */
  isErrorBody(value: unknown): boolean;
  /** The error as the last bytes of a stream that has begun, without anything that looks like a good end. */
  encodeErrorEvent(error: GatewayError): Buffer;
  /** The same for streams in one JSON array, where the wire knows them. */
  encodeArrayError?(error: GatewayError): Buffer;
  /**
   * What marks tokens of other wires in a body: given to the caller in an earlier answer, they must not reach an upstream
   * of this wire.
   */
  readonly foreignMarks: readonly string[];
  /** How its answers are kept for later requests to refer to; undefined: each request says everything itself. */
  readonly keeping?: AnswerKeeping;
  /** How its clients call a feature, for messages: `generationConfig.topK`. Undefined: they have no word for it. */
  readonly fieldNames: Readonly<Partial<Record<Feature, string>>>;
}

/** The wire as its upstreams speak it. */
export interface UpstreamSide {
  /** Where its requests name the model. */
  readonly modelIn: 'body' | 'path';
  /** Headers that its requests must have, flat, where credentials do not bring them along. */
  readonly requestHeaders?: readonly string[];
  /** Path and query below the root of an API, as the wire's inventor has it. */
  pathOf(ask: { readonly model: string | undefined; readonly stream: boolean }): string | undefined;
  readonly support: Readonly<Record<Feature, FeatureSupport>>;
  readonly toolNames: ToolNameRule;
  /** The body for an upstream. Throws GatewayError `invalid_request` for what it has no words for. */
  encodeRequest(request: ChatRequest, context: RequestContext): Buffer;
  decodeAnswer(body: JsonObject, context: DecodeContext): ChatAnswer;
  createStreamDecoder(context: DecodeContext): StreamDecoder;
  /** Watches streams that are relayed, where there is a faster way than to decode them. */
  createStreamReader?(options: StreamReaderOptions): StreamReader;
  /** Streams tell usage only when `stream_options` asks for it. */
  readonly hasStreamOptions?: boolean;
  /** How it is asked to go on with an answer whose beginning is the last turn of the conversation; left out: never. */
  readonly prefill?: PrefillSupport;
  /** A usage object of this wire; undefined when it is none. */
  decodeUsage(value: unknown): Usage | undefined;
  /** Where a relay finds things in a unary answer, by the names of its outermost members. */
  readonly answerMembers: AnswerMembers;
}

/** Which names of tools are taken. Letters, digits and `_`, no digit first, must always be, up to `longest` of them. */
export interface ToolNameRule {
  readonly pattern: RegExp;
  readonly longest: number;
}

/** Whether an upstream goes on with an answer whose beginning it is given as the last turn of the conversation. */
export interface PrefillSupport {
  /** Whether a model does. One that does not refuses, or begins anew. */
  accepts(ask: { readonly model: string | undefined; readonly quirks: RequestQuirks }): boolean;
  /** Models that do refuse to while they are to think. */
  readonly excludesReasoning: boolean;
}

export interface StreamReaderOptions {
  /** Choices that the caller asked for: the answer is whole when all have finished. */
  readonly choices: number;
  /** The gateway asked for usage and the caller did not: what carries only usage is not for it. */
  readonly hideUsage: boolean;
}

/** The part of a chat request that routing, relay and plan need. */
export interface ChatFacts {
  /** Model named in the body; undefined where the path names it. */
  readonly model: string | undefined;
  readonly stream: boolean;
  /** The caller asked for usage at the end of its stream, or its wire always has it. */
  readonly includeUsage: boolean;
  /** Answers asked for. */
  readonly choices: number;
  /** The tier of service asked for, as the wire names it; undefined: none. */
  readonly serviceTier?: string | undefined;
  /** The rate asked for beside it, as in `Usage`; only upstreams of the caller's own wire are told. Undefined: the usual one. */
  readonly rate?: string | undefined;
}

export interface AnswerMembers {
  /** A whole answer has one of these. */
  readonly essential: readonly string[];
  readonly usage: string | undefined;
  readonly model: string | undefined;
  /** What says which tier of service answered; absent: the wire does not tell. */
  readonly tier?: TierMember;
  /** By which it says that its provider could not finish it; absent: the wire has no words for that. */
  readonly failure?: FailureMember;
}

/** A member that tells the tier of service which answered. */
export interface TierMember {
  readonly name: string;
  /** The tier in the words of the vocabulary. */
  readonly read: (value: unknown) => string | undefined;
}

/** A member whose value tells that an answer is none. */
export interface FailureMember {
  readonly name: string;
  /** 1: of the outermost object. Arrays count as levels too; 3 at most. */
  readonly depth: number;
  /** What is wrong with an answer that holds this value, a number as its digits; undefined: nothing. */
  readonly faultOf: (value: string) => AnswerFault | undefined;
}

/** What an encoder of answers knows beside the answer. */
export interface AnswerContext {
  /** Id of the exchange, for answers whose upstream gave none. Letters, digits, `-` and `_`. */
  readonly id: string;
  /** The model that the caller asked for, or the one that was sent. */
  readonly model: string;
  /** Seconds since 1970 at which the exchange began. */
  readonly created: number;
  readonly includeUsage: boolean;
  /** The request that is answered. */
  readonly request: ChatRequest;
  /** The query asks for it: server-sent events where the wire knows another form too (Gemini's `alt=sse`). */
  readonly isSse: boolean;
}

/** What a decoder of answers knows beside the answer. */
export interface DecodeContext {
  /** Sixteen letters and digits, another for each attempt: to make ids where the wire has none. */
  readonly idSeed: string;
  /** Answers asked for; one when not given. A wire that has no terminator is not whole before all have ended. */
  readonly choices?: number;
}

/** What an encoder of requests knows beside the request. */
export interface RequestContext {
  /** Name of the model at the target; undefined when none is sent in the body. */
  readonly model: string | undefined;
  readonly quirks: RequestQuirks;
  /** Output tokens to ask for where the wire insists on a number and the caller gave none. */
  readonly defaultMaxOutputTokens: number;
  /** Is told of each feature that the wire has a word for and this model takes not, so that it is left out. Left out: nobody asks. */
  readonly noteDropped?: (feature: Feature) => void;
}

/** How providers of one wire differ in what they take; empty for the wire as its inventor speaks it. */
export interface RequestQuirks {
  /** Name of the limit on output tokens (OpenAI's chat wire): `max_tokens` or `max_completion_tokens`. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** It refuses `stream_options`. */
  readonly refusesStreamOptions?: boolean;
  /** It knows no `developer` role: `system` is sent. */
  readonly refusesDeveloperRole?: boolean;
  /** Members that it refuses with 400; they are left out. */
  readonly refusedMembers?: readonly string[];
  /** Members that it calls otherwise: ours → its (`seed` → `random_seed`). */
  readonly renamedMembers?: Readonly<Record<string, string>>;
  /** How it is asked to reason (OpenAI's chat wire); `reasoning_effort` when not given. */
  readonly reasoningForm?: 'reasoning' | 'thinking' | 'enable_thinking';
  /** Where it takes the reasoning of earlier turns back (OpenAI's chat wire); nowhere when not given. */
  readonly reasoningHistory?: 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'thinking' | 'extra_content';
  /** It takes ids of tool calls of just so many letters and digits. */
  readonly callIdLength?: number;
  /**
   * It goes on with an answer whose beginning is the last message: told by nothing else (`plain`), by a member of that
   * message (`prefix`, `partial`), or of the body (`continue_final_message`). Not given: it does not, or nobody knows.
   */
  readonly assistantPrefill?: 'plain' | 'prefix' | 'partial' | 'continue_final_message';
  /** Its answers begin with the beginning that it was given. */
  readonly repeatsPrefill?: boolean;
}

/** Reads one streamed answer. */
export interface StreamDecoder {
  /** Takes one whole frame; calls `emit` for what it means, in the order that ChatEvent promises. */
  read(frame: StreamFrame, emit: (event: ChatEvent) => void): void;
  /**
   * The upstream ended its stream: closes what is open. Emits `end` only when the answer is whole by the rules of its
   * wire though its terminator is missing.
   */
  finish(emit: (event: ChatEvent) => void): void;
  /** Whether the answer is whole by the rules of its wire. */
  readonly isFinished: boolean;
  /** The upstream said that nothing follows, although its answer is not whole. Left out: its wire's end is never read so. */
  readonly hasStopped?: boolean;
}

/** One event of a stream, taken out of its framing. A frame whose data is no event of the wire throws SyntaxError. */
export interface StreamFrame {
  /** The event's name: SSE's `event:`, AWS's `:event-type`; '' when it has none. */
  readonly name: string;
  readonly data: Buffer;
}

/** Writes one streamed answer. */
export interface StreamEncoder {
  /** The bytes that an event becomes; empty for none. Everything it needs of earlier events it keeps itself. */
  push(event: ChatEvent): Buffer;
  /** The whole answer as it was told at its end, where the wire does so; undefined before. */
  readonly wholeAnswer?: JsonObject | undefined;
  /**
   * Goes on with a stream that another wrote so far: `frames` are what its caller got, and the events that a decoder
   * found in them were pushed before, their bytes thrown away. From here on ids, indices and numbers are those of that
   * stream. Answers what the frames have told beyond those events (a decoder holds back what is not whole); undefined
   * when no encoder can go on from there. Left out: the events say everything.
   */
  resume?(frames: readonly StreamFrame[]): readonly ChatEvent[] | undefined;
  /** Whether a part has begun of which nothing is out, since it goes out whole at its end. Left out: none is held. */
  holds?(index: number): boolean;
}

export interface ErrorReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
  /** More headers, flat: names and values. */
  readonly headers: readonly string[];
}
