import type { Operation } from '../canonical/operation.ts';

/** A path at which clients of a wire ask for something, always by POST. */
export interface ClientPath {
  /** From the first slash on. `{model}` stands for a model's name, which may hold slashes, percent-encoded or not. */
  readonly pattern: string;
  readonly operation: Operation;
  /**
   * What it says of streaming. `body`: nothing, the body does. `alt`: it streams, as server-sent events with `alt=sse`
   * in the query and as one JSON array without.
   */
  readonly stream: 'body' | 'never' | 'always' | 'alt';
  /** The same request as OpenAI's paths below `/v1/` have it, for targets that speak those. */
  readonly tail: string;
}
