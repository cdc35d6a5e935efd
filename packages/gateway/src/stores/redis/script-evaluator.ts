import type { Redis } from 'ioredis';
import type { RedisScript } from './redis-script.ts';

/** One connection, and the scripts that it has sent. */
export class ScriptEvaluator {
  readonly client: Redis;
  readonly #sent = new Set<string>();
  #isLost = false;

  constructor(client: Redis) {
    this.client = client;
  }

  /** Whether a call failed that was lost with this connection like another before: both tell one thing of the server. */
  isLostAgain(): boolean {
    const wasLost = this.#isLost;
    this.#isLost ||= this.client.status !== 'ready';
    return wasLost;
  }

  /** The text goes with the first call, so that what is called later is also run later. */
  async evaluate(script: RedisScript, keys: readonly string[], parameters: readonly string[]): Promise<unknown> {
    if (!this.#sent.has(script.sha)) {
      this.#sent.add(script.sha);
      return this.client.eval(script.lua, keys.length, ...keys, ...parameters);
    }
    try {
      return await this.client.evalsha(script.sha, keys.length, ...keys, ...parameters);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return this.client.eval(script.lua, keys.length, ...keys, ...parameters);
    }
  }
}
