import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type Endpoint, readPath } from './endpoint.ts';
import { type MultipartPart, parseMultipart } from './multipart.ts';

/** A request as the simulator received it. */
export interface SimulatedRequest {
  readonly method: string;
  /** The path without the query. */
  readonly path: string;
  /** The query without its question mark. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** The body as JSON; `undefined` when it is none. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  /** The parts of a multipart body; empty for any other. */
  readonly parts: readonly MultipartPart[];
  /** The model asked for, from the path when it names one (or an Azure deployment), else from the body; may be empty. */
  readonly model: string;
  readonly stream: boolean;
  readonly endpoint: Endpoint;
}

/** Makes the request from what node:http read. Never throws: a body that is no JSON is just not JSON. */
export function simulatedRequest(incoming: IncomingMessage, body: Buffer): SimulatedRequest {
  const method = incoming.method ?? 'GET';
  const target = incoming.url ?? '/';
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const contentType = incoming.headers['content-type'] ?? '';
  const json = parseObject(body);
  const parts = contentType.startsWith('multipart/form-data') ? parseMultipart(contentType, body) : [];
  const { endpoint, model, stream } = readPath(method, path);
  const bodyModel = json?.['model'] ?? parts.find((part) => part.name === 'model')?.body.toString('utf8');
  return {
    method,
    path,
    query: mark === -1 ? '' : target.slice(mark + 1),
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders,
    body,
    json,
    parts,
    model: model ?? (typeof bodyModel === 'string' ? bodyModel : ''),
    stream: stream ?? json?.['stream'] === true,
    endpoint,
  };
}

function parseObject(body: Buffer): Record<string, unknown> | undefined {
  // Skips the parser for binary uploads, which would be decoded to a string only to fail.
  const first = body.find((byte) => byte > 0x20);
  if (first !== 0x7b) return undefined;
  try {
    return JSON.parse(body.toString('utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
