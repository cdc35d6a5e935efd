import type { ServerResponse } from 'node:http';
import { endReply } from './end-reply.ts';
import type { Page } from './routes.ts';

/** What the pages show: the state of the process, as the composition root knows it. */
export interface PageSource {
  readonly version: string;
  readonly uptimeSeconds: () => number;
  readonly wallNow: () => number;
  /** False before the first start is complete and once a stop was asked. */
  readonly isReady: () => boolean;
  readonly isStarted: () => boolean;
  readonly models: () => readonly ModelStatus[];
  readonly targets: () => readonly TargetStatus[];
  readonly queue: () => { readonly inFlight: number; readonly queued: number };
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
  readonly publicMetrics: () => boolean;
}

/** A model as it is listed: who serves it, and whether one of them can now. */
export interface ModelStatus {
  readonly id: string;
  readonly providers: readonly { readonly name: string; readonly available: boolean }[];
}

/** Health of one target as anybody may read it: no URL, no error text. */
export interface TargetStatus {
  readonly id: string;
  readonly provider: string;
  readonly status: 'healthy' | 'unhealthy' | 'unknown' | 'quota' | 'misconfigured' | 'disabled' | 'unusable';
  readonly usable: boolean;
}

export interface PageRequest {
  readonly page: Page;
  readonly parameter: string;
  readonly query: string;
  /** Headers on every reply. */
  readonly headers: readonly string[];
}

/** Models have no date of making here; OpenAI's own libraries want a number. */
const CREATED = 1_700_000_000;

/** Serves one of the gateway's own pages. */
export async function servePage(source: PageSource, request: PageRequest, response: ServerResponse): Promise<void> {
  switch (request.page) {
    case 'health':
      return sendHealth(source, request, response);
    case 'live':
      return sendJson(response, 200, { status: 'ok' }, request.headers);
    case 'ready': {
      const isReady = source.isReady();
      return sendJson(response, isReady ? 200 : 503, { status: isReady ? 'ready' : 'not_ready' }, request.headers);
    }
    case 'startup': {
      const isStarted = source.isStarted();
      return sendJson(response, isStarted ? 200 : 503, { status: isStarted ? 'started' : 'starting' }, request.headers);
    }
    case 'models':
      return sendJson(response, 200, { object: 'list', data: source.models().map(describeModel) }, request.headers);
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
  const body = {
    status: targets.some((target) => target.usable) ? 'ok' : 'degraded',
    version: source.version,
    uptime_seconds: Math.round(source.uptimeSeconds()),
    timestamp: new Date(source.wallNow()).toISOString(),
    components: { queue: { in_flight: inFlight, queued } },
    providers: targets,
  };
  sendJson(response, 200, body, request.headers);
}

function sendModel(source: PageSource, request: PageRequest, response: ServerResponse): void {
  const model = source.models().find(({ id }) => id === request.parameter);
  if (model) {
    sendJson(response, 200, describeModel(model), request.headers);
    return;
  }
  const error = {
    message: `The model '${request.parameter}' does not exist here. GET /v1/models lists those that do.`,
    type: 'invalid_request_error',
    param: 'model',
    code: 'model_not_found',
  };
  sendJson(response, 404, { error }, request.headers);
}

function describeModel(model: ModelStatus): Record<string, unknown> {
  return {
    id: model.id,
    object: 'model',
    created: CREATED,
    owned_by: model.providers[0]?.name ?? 'llm-gateway',
    providers: model.providers.map(({ name, available }) => ({ name, available })),
  };
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

/** Sends a JSON document with its length. */
export function sendJson(response: ServerResponse, status: number, value: unknown, headers: readonly string[]): void {
  send(response, status, 'application/json', JSON.stringify(value), headers);
}

function send(response: ServerResponse, status: number, type: string, text: string, headers: readonly string[]): void {
  const body = Buffer.from(text);
  response.writeHead(status, ['content-type', type, 'content-length', String(body.length), ...headers]);
  endReply(response, body);
}
