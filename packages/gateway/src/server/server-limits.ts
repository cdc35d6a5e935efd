/** Milliseconds for a request head; a client that dribbles its headers is cut off. */
export const HEADERS_MS = 30_000;
/** Milliseconds for a whole request, uploads included. */
export const REQUEST_MS = 300_000;
/** Longer than the idle limits of common load balancers, so that they close first and no request meets a closed end. */
export const KEEP_ALIVE_MS = 75_000;
export const MAX_HEADER_BYTES = 32 * 1024;
/** Header lines of one request; node:http would drop those beyond its own limit without a word. */
export const MAX_HEADERS = 256;
/** Milliseconds for the rest of a request that has its reply already. */
export const LEFTOVER_MS = 3_000;
/**
 * Bytes that wait for a client before the upstream is paused. More than one read of an upstream brings at once (64 KiB), or
 * every read of a fast stream would pause and resume it.
 */
export const SOCKET_BUFFER_BYTES = 128 * 1024;
