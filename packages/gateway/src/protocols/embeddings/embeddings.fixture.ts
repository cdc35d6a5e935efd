import { GatewayError } from '../../canonical/gateway-error.ts';
import { isObject, type JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import type { EmbeddingClientSide, EmbeddingRequest, EmbeddingWireName } from './embedding-wire.ts';
import { findEmbeddingWire } from './find-embedding-wire.ts';

export function bodyOf(text: string | Buffer): JsonObject {
  const value = parseExact(text.toString());
  if (!isObject(value)) throw new Error('no object');
  return value;
}

export function clientOf(name: EmbeddingWireName): EmbeddingClientSide {
  const { client } = findEmbeddingWire(name);
  if (!client) throw new Error(`${name} has no clients`);
  return client;
}

export const decode = (name: EmbeddingWireName, text: string) => clientOf(name).decodeRequest(bodyOf(text));
export const write = (name: EmbeddingWireName, request: EmbeddingRequest, model = 'm') =>
  bodyOf(findEmbeddingWire(name).upstream.encodeRequest(request, { model }));

export const openaiRequest =
  '{"model":"m","input":["Kiwi","Emu"],"encoding_format":"base64","dimensions":256,"user":"u-1"}';
export const geminiRequest =
  '{"requests":[{"model":"models/g","content":{"parts":[{"text":"Kiwi"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":256},{"model":"models/g","content":{"parts":[{"text":"Emu"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":256}]}';
export const cohereRequest =
  '{"model":"c","texts":["Kiwi","Emu"],"input_type":"search_query","embedding_types":["float"],"output_dimension":256,"truncate":"END"}';

export function errorOf(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
