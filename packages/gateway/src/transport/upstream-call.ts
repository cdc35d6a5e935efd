/** A request as it goes to an upstream. */
export interface UpstreamRequest {
  /** `https://api.groq.com`. */
  readonly origin: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Flat list of names and values. */
  readonly headers: readonly string[];
  readonly body: Buffer | NodeJS.ReadableStream | undefined;
  /** Milliseconds a new connection may take. */
  readonly connectMs: number;
}

/** What befalls a call. Exactly one of `onEnd` and `onError` comes last, unless the call was aborted. */
export interface UpstreamHandler {
  /** Head of the reply: raw header names and values, alternating. */
  onHead(status: number, rawHeaders: readonly string[]): void;
  /** Body bytes; answer false to pause until `resume`. */
  onData(chunk: Buffer): boolean;
  onEnd(): void;
  /** `reusedConnection`: the request went out on a connection that had served another before. */
  onError(error: Error, reusedConnection: boolean): void;
}

/** A call under way. */
export interface UpstreamCall {
  /** The request has begun to go out: until then the upstream knows nothing of it. */
  readonly isSent: boolean;
  /** Closes the upstream connection at once; the handler hears nothing more. */
  abort(): void;
  /** Goes on after `onData` answered false. */
  resume(): void;
}

/** Sends requests to upstreams; the only opener of sockets. */
export interface Transport {
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall;
  /** Closes idle connections and refuses new calls. */
  close(): Promise<void>;
}
