import type { Endpoint } from './endpoint.ts';
import type { SimulatedRequest } from './simulated-request.ts';

/** Whose shapes an endpoint speaks, errors included. */
export type Wire = 'openai' | 'anthropic' | 'gemini' | 'bedrock' | 'cohere';

/** How the events of a stream are told apart: server-sent events, the elements of one JSON array, or binary frames. */
export type StreamForm = 'sse' | 'json-array' | 'event-stream';

/** The wire of an endpoint; what no other provider owns is OpenAI's. */
export function wireOf(endpoint: Endpoint): Wire {
  if (endpoint === 'messages' || endpoint === 'count-tokens') return 'anthropic';
  if (endpoint.startsWith('gemini-')) return 'gemini';
  if (endpoint.startsWith('bedrock-')) return 'bedrock';
  return endpoint.startsWith('cohere-') ? 'cohere' : 'openai';
}

/** The form in which a request's answer would be streamed. */
export function streamFormOf({ endpoint, query }: SimulatedRequest): StreamForm {
  if (endpoint === 'bedrock-converse') return 'event-stream';
  if (endpoint !== 'gemini-generate') return 'sse';
  return new URLSearchParams(query).get('alt') === 'sse' ? 'sse' : 'json-array';
}

/** The content type of a streamed answer, as the wire's provider writes it. */
export function streamContentType(request: SimulatedRequest): string {
  const form = streamFormOf(request);
  if (form === 'event-stream') return 'application/vnd.amazon.eventstream';
  if (form === 'json-array') return 'application/json; charset=UTF-8';
  const wire = wireOf(request.endpoint);
  return wire === 'gemini' || wire === 'cohere' ? 'text/event-stream' : 'text/event-stream; charset=utf-8';
}
