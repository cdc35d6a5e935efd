/** Where an answer goes: the client's side of an exchange, as the relay sees it. */
export interface ReplySink {
  /** Sends status and headers (flat list of names and values) with the next bytes. Called once. */
  head(status: number, headers: readonly string[]): void;
  /** Sends bytes; false means wait for `onDrain`. */
  write(bytes: Buffer): boolean;
  /** Sends the last bytes and ends the reply well. */
  end(bytes?: Buffer): void;
  /** Cuts the connection, so that the client cannot take what it has for a whole answer. */
  cut(): void;
  /** A field to send after the body, for what is known only then; left out where a reply has no place for it. */
  trailer?(name: string, value: string): void;
  /** The callback runs once, when the client has read what was written. */
  onDrain(callback: () => void): void;
}

/** Whose answer it is: told once, at the moment the answer begins. */
export interface ReplyHost {
  /** Adds the gateway's own headers to those of the reply. */
  begin(headers: string[]): void;
  /** An answer that another target began goes on: its head is out. */
  resume(): void;
  /** The answer is whole and about to end: says what could not be said at its beginning. */
  beforeEnd(sink: ReplySink): void;
}

/** What of a stream has gone to the caller. */
export interface SentKeeper {
  keep(bytes: Buffer): void;
}
