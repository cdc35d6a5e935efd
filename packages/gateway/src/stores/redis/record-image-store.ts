import { hash } from 'node:crypto';
import type { Clock } from '../../canonical/clock.ts';
import type {
  ImageBeginning,
  ImageField,
  ImageOutcome,
  ImageReading,
  NewImage,
  RecordImageStore,
} from '../record-image-store.ts';
import {
  appendScript,
  beginScript,
  dropScript,
  publishScript,
  readScript,
  renewScript,
} from './record-image-scripts.ts';
import { connectRedis, type RedisConnection, type RedisWatch } from './redis-connection.ts';
import { redisLocation } from './redis-location.ts';

export interface RedisRecordImageInput {
  readonly connection: Pick<RedisConnection, 'run' | 'close'>;
  /** Before the names of all keys. Braces in it keep them in one slot of a Redis cluster. */
  readonly prefix: string;
  /** Names the record among those that share this server. */
  readonly place: string;
  /** Milliseconds for which an image is good that nobody renews. */
  readonly goodMs: number;
  /** Milliseconds that take the place of the server's time; for tests. */
  readonly serverTime?: () => number;
}

export interface OpenRedisRecordImageInput extends Omit<RedisRecordImageInput, 'connection' | 'serverTime'> {
  readonly url: string;
  readonly clock: Clock;
  readonly onCall: RedisWatch['called'];
}

/**
 * What the fields of an image mean. To be raised whenever gateways would misunderstand each other's: each then reads and
 * writes its own.
 */
const FORMAT = 1;
/** Milliseconds after the last page for which an image is kept that was not published: whoever wrote it is gone. */
const PART_MS = 60_000;
/** Milliseconds for which drops are counted, many times what writing an image takes. */
const DROPS_MS = 86_400_000;

/** Opens it over a connection of its own; it waits a second for the server at most. Throws ConfigError for a bad address. */
export async function openRedisRecordImage(input: OpenRedisRecordImageInput): Promise<RecordImageStore> {
  const { clock, onCall, url } = input;
  // Whether the server answers is told by the connection that requests are counted over.
  const watch: RedisWatch = { called: onCall, isAnswering: () => undefined };
  const connection = connectRedis({ location: redisLocation(url), clock, watch });
  await connection.isTried;
  return createRedisRecordImage({ ...input, connection });
}

/** An image in one hash of a Redis server, written under a name of its own and renamed; its age is by the server's time. */
export function createRedisRecordImage(input: RedisRecordImageInput): RecordImageStore {
  return new RedisRecordImage(input);
}

class RedisRecordImage implements RecordImageStore {
  readonly #input: RedisRecordImageInput;
  readonly #image: string;
  readonly #drops: string;

  constructor(input: RedisRecordImageInput) {
    this.#input = input;
    this.#image = this.#name('image');
    this.#drops = this.#name('drops');
  }

  async begin(): Promise<ImageBeginning> {
    const answer = await this.#run(beginScript, [this.#image, this.#drops], [this.#time()]);
    const [at, drops, revision] = answer as readonly [string, string, string | null];
    return { at: Number(at), drops: Number(drops), revision: revision === null ? undefined : Number(revision) };
  }

  async append(version: string, fields: readonly ImageField[]): Promise<void> {
    await this.#run(appendScript, [this.#part(version)], [String(PART_MS), ...fields.flat()]);
  }

  async publish({ count, revision, version }: NewImage, { at, drops }: ImageBeginning): Promise<ImageOutcome> {
    const parameters = [at, drops, version, revision, count, this.#input.goodMs].map(String);
    const answer = await this.#run(publishScript, [this.#part(version), this.#image, this.#drops], parameters);
    return answer as ImageOutcome;
  }

  async renew(revision: number, { at }: ImageBeginning): Promise<boolean> {
    return (await this.#run(renewScript, [this.#image], [at, revision, this.#input.goodMs].map(String))) === 1;
  }

  async drop(): Promise<void> {
    await this.#run(dropScript, [this.#image, this.#drops], [String(DROPS_MS)]);
  }

  async read(names: readonly string[]): Promise<ImageReading | undefined> {
    const answer = await this.#run(readScript, [this.#image], [this.#time(), ...names]);
    if (answer === null) return undefined;
    const [version, age, values] = answer as readonly [string, string, readonly (string | null)[]];
    // A clock that was put back makes nothing younger than new.
    const ageMs = Math.max(0, Number(age));
    if (ageMs >= this.#input.goodMs) return undefined;
    return { version, ageMs, values: values.map((value) => value ?? undefined) };
  }

  close(): void {
    this.#input.connection.close();
  }

  #run(...call: Parameters<RedisConnection['run']>): Promise<unknown> {
    return this.#input.connection.run(...call);
  }

  #part(version: string): string {
    return this.#name(`part:${version}`);
  }

  #name(what: string): string {
    const { place, prefix } = this.#input;
    return `${prefix}record:${FORMAT}:${hash('sha256', place).slice(0, 16)}:${what}`;
  }

  #time(): string {
    return this.#input.serverTime === undefined ? '' : String(this.#input.serverTime());
  }
}
