import { Agent } from 'node:http';
import { now } from '../failures/caller.ts';
import { type Got, openAsk, readReply } from '../scenarios/asking.ts';
import type { Wish } from './wishes.ts';

/** How a request ended for its caller. */
export type Ending =
  | { readonly kind: 'reply'; readonly got: Got; readonly durationMs: number }
  | { readonly kind: 'left'; readonly durationMs: number }
  /** The connection broke before there was a head. */
  | { readonly kind: 'lost'; readonly why: string; readonly durationMs: number };

/** Connections that are used again and again, as those of most clients are. */
export function createKeptConnections(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 200 });
}

/** Asks as the wish says, and leaves when it says so. */
export async function visit(url: string, wish: Wish, agent: Agent): Promise<Ending> {
  const { caller, model, stream, id, leave, pauseMs } = wish;
  const startedAt = now();
  const call = openAsk(url, caller, { model, stream, id, ...(wish.keepsConnection && { agent }) });
  let hasLeft = false;
  const go = (): void => {
    hasLeft = true;
    call.leave();
  };
  // Who leaves before the request has gone out asked nothing.
  const sent = new Promise((resolve) => call.request.once('finish', resolve));
  const timer = leave && 'afterMs' in leave ? setTimeout(() => void sent.then(go), leave.afterMs) : undefined;
  try {
    const response = await call.response;
    if (leave && 'afterBytes' in leave) {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes >= leave.afterBytes) go();
      });
    }
    const reading = readReply(response, startedAt);
    if (pauseMs > 0) {
      response.pause();
      setTimeout(() => response.resume(), pauseMs);
    }
    const got = await reading;
    const durationMs = now() - startedAt;
    return hasLeft ? { kind: 'left', durationMs } : { kind: 'reply', got, durationMs };
  } catch (error) {
    const durationMs = now() - startedAt;
    return hasLeft ? { kind: 'left', durationMs } : { kind: 'lost', why: String(error), durationMs };
  } finally {
    clearTimeout(timer);
  }
}
