import type { ServerResponse } from 'node:http';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { findModelListing } from '../protocols/find-model-listing.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import type { ListedModel } from '../protocols/model-listing.ts';
import { endReply } from './end-reply.ts';
import { isRecordWell, type RecordStatus, type RefusalOfRecord } from './record-status.ts';
import type { Page } from './routes.ts';

/** What the pages show: the state of the process, as the composition root knows it. */
export interface PageSource {
  readonly version: string;
  readonly uptimeSeconds: () => number;
  readonly wallNow: () => number;
  /** What keeps requests from being served; undefined: nothing. */
  readonly whyNotReady: () => UnreadyReason | undefined;
  readonly isStarted: () => boolean;
  readonly models: () => Promise<readonly ListedModel[]>;
  readonly targets: () => readonly TargetStatus[];
  readonly queue: () => { readonly inFlight: number; readonly queued: number };
  /** Undefined: none is configured, or this process has nothing to do with it. */
  readonly redis: () => 'ok' | 'away' | undefined;
  /** Absent: nothing is recorded. */
  readonly record: () => RecordStatus | undefined;
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
  readonly publicMetrics: () => boolean;
}

/** Why requests are not served: `record_unreached`, for one, where only the record knows any key. */
export type UnreadyReason = 'starting' | 'stopping' | 'no_usable_target' | RefusalOfRecord;

/** Health of one target as anybody may read it: no URL, no error text. */
export interface TargetStatus {
  readonly id: string;
  readonly provider: string;
  readonly status:
    | 'healthy'
    | 'degraded'
    | 'unhealthy'
    | 'unknown'
    | 'quota'
    | 'misconfigured'
    | 'disabled'
    | 'unusable';
  readonly usable: boolean;
}

export interface PageRequest {
  readonly page: Page;
  /** Whose shapes the asker reads. */
  readonly protocol: ProtocolName;
  readonly parameter: string;
  readonly query: string;
  /** Headers on every reply. */
  readonly headers: readonly string[];
  /** Whether the asker may use a model: others are not there for it. Absent: it may use all. */
  readonly mayUse?: (model: string) => boolean;
}

/** Serves one of the gateway's own pages. */
export async function servePage(source: PageSource, request: PageRequest, response: ServerResponse): Promise<void> {
  switch (request.page) {
    case 'health':
      return sendHealth(source, request, response);
    case 'live':
      return sendJson(response, 200, { status: 'ok' }, request.headers);
    case 'ready': {
      const reason = source.whyNotReady();
      if (reason === undefined) return sendJson(response, 200, { status: 'ready' }, request.headers);
      return sendJson(response, 503, { status: 'not_ready', reason }, request.headers);
    }
    case 'startup': {
      const isStarted = source.isStarted();
      return sendJson(response, isStarted ? 200 : 503, { status: isStarted ? 'started' : 'starting' }, request.headers);
    }
    case 'models': {
      const models = await modelsFor(source, request);
      return sendJson(response, 200, findModelListing(request.protocol).list(models), request.headers);
    }
    case 'model':
      return sendModel(source, request, response);
    case 'metrics':
      return sendMetrics(source, request, response);
  }
}

function sendHealth(source: PageSource, request: PageRequest, response: ServerResponse): void {
  const isDetailed = new URLSearchParams(request.query).get('detailed') === 'true';
  if (!isDetailed) {
    sendJson(response, 200, { status: 'ok' }, request.headers);
    return;
  }
  const targets = source.targets();
  const { inFlight, queued } = source.queue();
  const redis = source.redis();
  const record = source.record();
  const isRecorded = record === undefined || isRecordWell(record);
  const isWell = targets.some((target) => target.usable) && redis !== 'away' && isRecorded;
  const body = {
    status: isWell ? 'ok' : 'degraded',
    version: source.version,
    uptime_seconds: Math.round(source.uptimeSeconds()),
    timestamp: new Date(source.wallNow()).toISOString(),
    components: { queue: { in_flight: inFlight, queued }, ...(redis && { redis: { status: redis } }), ...record },
    providers: targets,
  };
  sendJson(response, 200, body, request.headers);
}

async function modelsFor(source: PageSource, { mayUse = () => true }: PageRequest): Promise<readonly ListedModel[]> {
  return (await source.models()).filter(({ id }) => mayUse(id));
}

async function sendModel(source: PageSource, request: PageRequest, response: ServerResponse): Promise<void> {
  const model = (await modelsFor(source, request)).find(({ id }) => id === request.parameter);
  if (model) {
    sendJson(response, 200, findModelListing(request.protocol).describe(model), request.headers);
    return;
  }
  const message = `The model '${request.parameter}' does not exist here. GET /v1/models lists those that do.`;
  const error = new GatewayError('model_not_found', message, { param: 'model' });
  sendPageError(request.protocol, error, response, request.headers);
}

async function sendMetrics(source: PageSource, request: PageRequest, response: ServerResponse): Promise<void> {
  if (!source.publicMetrics()) {
    const error = {
      message: 'Metrics are not served on this port.',
      type: 'invalid_request_error',
      param: null,
      code: 'not_found',
    };
    return sendJson(response, 404, { error }, request.headers);
  }
  const { text, contentType } = await source.metrics();
  send(response, 200, contentType, text, request.headers);
}

/** Sends an error in the words of whoever asked. */
export function sendPageError(
  protocol: ProtocolName,
  error: GatewayError,
  response: ServerResponse,
  headers: readonly string[],
): void {
  const { status, contentType, body, headers: own } = findProtocol(protocol).client.encodeError(error);
  send(response, status, contentType, body.toString('utf8'), [...headers, ...own]);
}

/** Sends a JSON document with its length. */
export function sendJson(response: ServerResponse, status: number, value: unknown, headers: readonly string[]): void {
  send(response, status, 'application/json', JSON.stringify(value), headers);
}

/** Sends a document that is text already. */
export function sendText(response: ServerResponse, type: string, text: string, headers: readonly string[]): void {
  send(response, 200, type, text, headers);
}

function send(response: ServerResponse, status: number, type: string, text: string, headers: readonly string[]): void {
  const body = Buffer.from(text);
  response.writeHead(status, ['content-type', type, 'content-length', String(body.length), ...headers]);
  endReply(response, body);
}
