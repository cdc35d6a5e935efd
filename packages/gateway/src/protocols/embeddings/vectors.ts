import { GatewayError } from '../../canonical/gateway-error.ts';
import { toNumber } from '../../framing/exact-json.ts';
import type { EmbeddingDecodeContext, EncodingFormat } from './embedding-wire.ts';

/** A vector of a wire: numbers, or base64. Undefined when it is neither. */
export function decodeVector(
  value: unknown,
  { base64Numbers = 'float32' }: Pick<EmbeddingDecodeContext, 'base64Numbers'>,
): ArrayLike<number> | undefined {
  if (typeof value === 'string') return base64Numbers === 'int8' ? int8Of(value) : float32Of(value);
  if (!Array.isArray(value)) return undefined;
  const numbers: number[] = [];
  for (const item of value) {
    const number = toNumber(item);
    if (number === undefined) return undefined;
    numbers.push(number);
  }
  return numbers;
}

/** A vector as a caller wants it. */
export function encodeVector(
  vector: ArrayLike<number>,
  format: EncodingFormat | undefined,
): string | readonly number[] {
  return format === 'base64' ? base64Of(vector) : Array.from(vector);
}

/** The vectors when there is one for each input; throws `upstream_malformed` otherwise. */
export function checkVectors(
  vectors: readonly (ArrayLike<number> | undefined)[],
  { count }: EmbeddingDecodeContext,
): readonly ArrayLike<number>[] {
  const good = vectors.filter((vector) => vector !== undefined && vector.length > 0) as ArrayLike<number>[];
  if (good.length === count && vectors.length === count) return good;
  throw new GatewayError(
    'upstream_malformed',
    `The upstream answered with ${good.length} good vectors where ${count} were asked for.`,
  );
}

const FLOAT_BYTES = 4;

function float32Of(base64: string): Float32Array | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length % FLOAT_BYTES !== 0) return undefined;
  // A view would depend on where the bytes happen to lie and on the machine's byte order.
  const vector = new Float32Array(bytes.length / FLOAT_BYTES);
  for (let index = 0; index < vector.length; index++) vector[index] = bytes.readFloatLE(index * FLOAT_BYTES);
  return vector;
}

function base64Of(vector: ArrayLike<number>): string {
  const bytes = Buffer.allocUnsafe(vector.length * FLOAT_BYTES);
  for (let index = 0; index < vector.length; index++) bytes.writeFloatLE(vector[index]!, index * FLOAT_BYTES);
  return bytes.toString('base64');
}

function int8Of(base64: string): Int8Array {
  return Int8Array.from(Buffer.from(base64, 'base64'));
}
