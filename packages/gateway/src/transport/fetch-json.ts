import { GatewayError } from '../canonical/gateway-error.ts';
import type { FetchJson } from '../credentials/credential-sources.ts';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 256 * 1024;

/** Sends the gateway's own small requests, as for tokens. Throws GatewayError `upstream_failed`; quotes nothing. */
export const fetchJson: FetchJson = async ({ method, url, headers, body }) => {
  const { host } = new URL(url);
  try {
    // Loaded for the first of them: gateways whose keys are plain need none of it.
    const { request } = await import('./undici.ts');
    const reply = await request(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    let text = '';
    for await (const chunk of reply.body) {
      text += String(chunk);
      if (text.length > MAX_BYTES) throw new Error('too long');
    }
    return { status: reply.statusCode, body: parsed(text) };
  } catch (cause) {
    throw new GatewayError('upstream_failed', `${host} could not be asked for a token.`, { cause });
  }
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
