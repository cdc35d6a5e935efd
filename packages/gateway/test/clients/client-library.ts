import type { ProtocolName } from '../../src/canonical/protocol-name.ts';

/** A client library, driven as its own documentation says; every test over it is the same. */
export interface ClientLibrary {
  /** With its version where two of them are tried. */
  readonly name: string;
  /** The wire that it speaks. */
  readonly wire: ProtocolName;
  /** It cannot ask for the usage of a stream where that has to be asked for, or counts some of it twice. */
  readonly streamUsage?: 'untold';
  /** It cannot read the arguments of a call in pieces, as this wire streams them. */
  readonly streamedCalls?: 'whole only';
  /** What was thought before a call is not among what it sends back. */
  readonly thoughts?: 'forgotten';
  readonly connect: (place: ClientPlace) => LibraryClient;
}

/** Where the library is pointed at, and as whom. */
export interface ClientPlace {
  /** Without a path. */
  readonly url: string;
  readonly key: string;
  readonly model: string;
}

export interface LibraryClient {
  /** Absent: the library cannot list models, or wants a list that nobody else would understand. */
  readonly listModels?: () => Promise<readonly string[]>;
  readonly ask: (ask: Ask) => Promise<Said>;
  /** Yields pieces of text as they arrive; its result is what the library says of the whole. */
  readonly stream: (ask: Ask, signal?: AbortSignal) => AsyncGenerator<string, Said>;
  /** Asks with tools, answers each call with its city's weather, and asks again. */
  readonly useTools: (ask: ToolAsk) => Promise<ToolRound>;
  /** Answers in the shape that a schema describes, however the library has it. */
  readonly askForJson: (text: string, schema: JsonSchema) => Promise<unknown>;
  readonly failureOf: (error: unknown) => ClientFailure;
}

export interface Ask {
  readonly system?: string;
  readonly text: string;
  readonly image?: { readonly type: 'image/png'; readonly base64: string };
}

export interface Said {
  readonly text: string;
  readonly outputTokens: number | undefined;
}

export interface ToolAsk {
  readonly text: string;
  readonly mode: 'unary' | 'streamed';
  readonly tool: ClientTool;
  readonly run: (input: unknown) => string;
}

export interface ClientTool {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonSchema;
}

export interface JsonSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, { readonly type: 'string' | 'integer' }>>;
  readonly required: string[];
  readonly additionalProperties: false;
}

export interface ToolRound {
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  /** What was said once the results were known. */
  readonly text: string;
}

/** What a caller of the library can tell of an error. */
export interface ClientFailure {
  readonly status: number | undefined;
  readonly message: string;
  /** Seconds, where the library shows the headers of an error. */
  readonly retryAfter?: string | undefined;
}
