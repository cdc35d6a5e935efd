import type { ProtocolName } from './protocol-name.ts';

/**
 * What a conversation can hold, whatever wire it came on: the middle of every translation. Decoders make it, encoders
 * read it; nothing here knows of any wire. Relayed requests never become one.
 */
export interface ChatRequest {
  /** The wire that it came on. */
  readonly origin: ProtocolName;
  readonly stream: boolean;
  /** In order; system and developer turns stand where the caller put them. */
  readonly turns: readonly Turn[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | undefined;
  /** False: at most one call in a turn. */
  readonly parallelToolCalls: boolean | undefined;
  readonly maxOutputTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly topK: number | undefined;
  readonly frequencyPenalty: number | undefined;
  readonly presencePenalty: number | undefined;
  readonly stopSequences: readonly string[];
  readonly seed: unknown;
  /** Answers wanted (`n`); undefined means one. */
  readonly choices: number | undefined;
  readonly logprobs: { readonly top: number | undefined } | undefined;
  readonly logitBias: unknown;
  readonly reasoning: ReasoningWish | undefined;
  readonly outputFormat: OutputFormat | undefined;
  readonly verbosity: string | undefined;
  /** What the answer may consist of beside text; undefined means text. */
  readonly modalities: readonly string[] | undefined;
  /** Voice and format of a spoken answer, as OpenAI's `audio` has it. */
  readonly audioOutput: unknown;
  readonly serviceTier: string | undefined;
  /** The end user on whose behalf the caller asks. */
  readonly user: string | undefined;
  readonly metadata: Readonly<Record<string, string>> | undefined;
  /** Whether the answer is to be kept for later reference. */
  readonly store: boolean | undefined;
  readonly previousResponseId: string | undefined;
  readonly promptCacheKey: string | undefined;
  readonly prediction: unknown;
  readonly safetySettings: unknown;
  /** Members of the body that the vocabulary has no word for, by their names on the caller's wire. */
  readonly unknownMembers: readonly string[];
  /** Those of them that are part of what is asked: without them it would be another question. */
  readonly essentialMembers?: readonly string[];
  /** More such members, without which the answer is the same: nobody is told of them. */
  readonly hintMembers?: readonly string[];
  /** Values of unknown members and hints, by their names, for upstreams of the caller's own wire. */
  readonly ownMembers?: ReadonlyMap<string, unknown>;
  /** The caller wants the cipher of the reasoning, to send it back with the next turn (OpenAI's `include`). */
  readonly encryptedReasoning?: boolean;
  /** The caller's wire knows one call of a function in an answer, without an id: OpenAI's first form of tools. */
  readonly singleFunctionCalls?: boolean;
}

/** One side's contribution. Results of tools are parts of a `user` turn; some wires have a role of their own for them. */
export interface Turn {
  readonly role: 'system' | 'developer' | 'user' | 'assistant';
  readonly parts: readonly Part[];
  /** Name of the participant, where the wire has one. */
  readonly name?: string;
  /** It stood beside the conversation, not in it: OpenAI's `instructions`. */
  readonly isInstructions?: boolean;
  readonly unread?: UnreadMembers;
}

export type Part = TextPart | RefusalPart | MediaPart | ToolCallPart | ToolResultPart | ReasoningPart | ForeignPart;

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  readonly citations?: readonly Citation[];
  readonly cache?: CacheMark;
  /** An opaque token that its own provider wants back with this text. */
  readonly signature?: Signature;
  readonly native?: NativeForm;
  readonly unread?: UnreadMembers;
}

/** The model declined, in its own words. */
export interface RefusalPart {
  readonly type: 'refusal';
  readonly text: string;
  readonly unread?: UnreadMembers;
}

export interface MediaPart {
  readonly type: 'image' | 'document' | 'audio' | 'video';
  readonly source: MediaSource;
  /** Name of a document. */
  readonly name?: string;
  /** How closely an image is to be looked at: `low`, `high`, `auto`. */
  readonly detail?: string;
  /** The answer is to cite this document. */
  readonly isCitable?: boolean;
  /** What the caller says about a document beside its name. */
  readonly context?: string;
  readonly cache?: CacheMark;
  /** What is said in a spoken answer. */
  readonly transcript?: string;
  /** Id by which later turns refer to a spoken answer, or an answer cites a document of the caller's. */
  readonly id?: string;
  /** Where it stands in the caller's body, for messages: `messages[2].content[1]`. */
  readonly path?: string;
  readonly native?: NativeForm;
  /** An opaque token that its own provider wants back with this medium. */
  readonly signature?: Signature;
  readonly unread?: UnreadMembers;
}

export type MediaSource =
  /** Base64, without line ends. */
  | { readonly kind: 'data'; readonly mediaType: string; readonly data: string }
  | { readonly kind: 'url'; readonly url: string; readonly mediaType: string | undefined }
  /** A document that is plain text. */
  | { readonly kind: 'text'; readonly mediaType: string; readonly text: string }
  /** Something that was uploaded to a provider before: means nothing elsewhere. */
  | {
      readonly kind: 'file';
      readonly id: string;
      readonly origin: ProtocolName;
      /** Where its wire says it beside the id. */
      readonly mediaType?: string;
    };

export interface ToolCallPart {
  readonly type: 'tool-call';
  /** Made up by the decoder where the wire has none. */
  readonly id: string;
  readonly name: string;
  /** JSON text of the arguments (`custom` tools: any text), byte for byte as the model wrote it where the wire has it so. */
  readonly arguments: string;
  /** `custom`: takes free text instead of JSON. */
  readonly kind: 'function' | 'custom';
  /** An opaque token that its own provider wants back with this call. */
  readonly signature?: Signature;
  readonly cache?: CacheMark;
  readonly unread?: UnreadMembers;
}

export interface ToolResultPart {
  readonly type: 'tool-result';
  readonly callId: string;
  /** Name of the tool; found by the call's id where the wire does not repeat it. Empty when the call is not known. */
  readonly name: string;
  /** Text and media. */
  readonly content: readonly (TextPart | MediaPart)[];
  readonly isError: boolean;
  readonly kind: 'function' | 'custom';
  readonly cache?: CacheMark;
  readonly unread?: UnreadMembers;
}

export interface ReasoningPart {
  readonly type: 'reasoning';
  /** What may be seen of it; empty when it is hidden whole. */
  readonly text: string;
  /** Proof or cipher that its own provider wants back, byte for byte. */
  readonly signature?: Signature;
  /** The provider hid the text: `signature` is all there is (`redacted_thinking`, `encrypted_content` alone). */
  readonly isRedacted?: boolean;
  /** Id of the item it was, where the wire has one. */
  readonly id?: string;
  readonly unread?: UnreadMembers;
}

/** An opaque token of one wire; it is sent back to an upstream of that wire only. */
export interface Signature {
  readonly origin: ProtocolName;
  readonly value: string;
}

/** A part that only its own wire knows (a server's own tool call, a compaction): kept whole for that wire. */
export interface ForeignPart {
  readonly type: 'foreign';
  readonly origin: ProtocolName;
  readonly value: unknown;
  /** Its type's name on its own wire, for messages. */
  readonly name: string;
  readonly path: string;
}

/** A part as it came, where its own wire says more than the vocabulary can: other wires take what the part says. */
export interface NativeForm {
  readonly origin: ProtocolName;
  readonly value: unknown;
  /** What of it was not read. */
  readonly unread?: readonly UnreadMember[];
}

/**
 * What the vocabulary has no word for in what a part, a turn or a tool was read from: it goes along to upstreams of its
 * own wire, and to no other.
 */
export interface UnreadMembers {
  readonly origin: ProtocolName;
  readonly members: readonly UnreadMember[];
  /** Those of the message that begins with this part, on a wire whose messages are no turns of their own. */
  readonly ofMessage?: readonly UnreadMember[];
}

export interface UnreadMember {
  /** The names on the way to it. */
  readonly path: readonly string[];
  /** Where it stands in the caller's body, for messages. */
  readonly name: string;
  readonly value: unknown;
}

/** The provider may keep the prompt up to here in its cache. */
export interface CacheMark {
  /** `5m` or `1h`; undefined is the provider's default. */
  readonly ttl: string | undefined;
}

export interface Citation {
  /** Address or name of what is cited. */
  readonly url?: string;
  readonly title?: string;
  /** The words that are cited. */
  readonly quote?: string;
  /** Place in the answer's text, in UTF-16 units. */
  readonly start?: number;
  readonly end?: number;
  /** Index of the cited document among those of the request. */
  readonly documentIndex?: number;
  readonly origin: ProtocolName;
  /** As it came, for its own wire. */
  readonly raw: unknown;
}

export type Tool =
  | {
      readonly type: 'function';
      readonly name: string;
      readonly description: string | undefined;
      /** JSON Schema of the arguments; undefined: it takes none. */
      readonly schema: unknown;
      readonly strict: boolean | undefined;
      readonly cache?: CacheMark;
      readonly native?: NativeForm;
      readonly unread?: UnreadMembers;
    }
  | {
      readonly type: 'custom';
      readonly name: string;
      readonly description: string | undefined;
      /** Grammar of its text, as OpenAI's `format` has it. */
      readonly format: unknown;
      readonly unread?: UnreadMembers;
    }
  /** A tool that the provider runs itself. */
  | { readonly type: 'builtin'; readonly origin: ProtocolName; readonly name: string; readonly value: unknown };

export type ToolChoice =
  | { readonly type: 'auto' | 'none' | 'required'; readonly native?: NativeForm }
  | { readonly type: 'tool'; readonly name: string; readonly native?: NativeForm }
  /** Some of the tools only. */
  | {
      readonly type: 'allowed';
      readonly mode: 'auto' | 'required';
      readonly names: readonly string[];
      readonly native?: NativeForm;
    };

/** How much the model is to think before it answers. What is undefined is left to the provider. */
export interface ReasoningWish {
  /** `adaptive`: the model decides by itself how much. */
  readonly mode: 'on' | 'off' | 'adaptive' | undefined;
  /** `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`, or a word that is newer than this. */
  readonly effort: string | undefined;
  readonly budgetTokens: number | undefined;
  /** Whether the caller wants to see it: `auto`, `concise`, `detailed`, or `none`. */
  readonly summary: string | undefined;
}

export type OutputFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json' }
  | {
      readonly type: 'json-schema';
      readonly name: string | undefined;
      readonly description: string | undefined;
      readonly schema: unknown;
      readonly strict: boolean | undefined;
    };
