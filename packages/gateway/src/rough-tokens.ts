import type { Usage } from './canonical/usage.ts';
import type { Exchange } from './exchange.ts';

/** Bytes of a body, names of members included, for each token of it. */
const BYTES_PER_TOKEN = 4;

/** Tokens of an answer that nobody limited and of which nothing is known. */
export const USUAL_OUTPUT = 500;

/** Tokens of a request by the length of its body: for choosing and reserving, where nobody counts. */
export function roughInputTokens({ body }: Pick<Exchange, 'body'>): number {
  return Math.ceil((body?.length ?? 0) / BYTES_PER_TOKEN);
}

/** What an exchange is taken to use where its provider does not say. */
export function roughUsage(exchange: Pick<Exchange, 'body'>): Usage {
  return { input: roughInputTokens(exchange), output: USUAL_OUTPUT };
}
