import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { managementAnswers } from './management-answers.ts';
import { reportAnswers } from './report-answers.ts';

/** One request as the fake gateway received it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** What it answers; the handler may also destroy the socket. */
export type Answer = (request: ReceivedRequest, response: ServerResponse) => void;

export interface FakeGateway {
  readonly url: string;
  readonly received: readonly ReceivedRequest[];
  /** Replaces the answers until `reset`. */
  answerWith(answer: Answer): void;
  reset(): void;
  close(): Promise<void>;
}

const answerText = 'Hello from the fake gateway.';

/** A local server that answers the commands as a well gateway does. */
export async function startFakeGateway(): Promise<FakeGateway> {
  let answer: Answer = answerWell;
  let received: ReceivedRequest[] = [];
  const server = createServer((incoming, response) => {
    void readRequest(incoming).then((request) => {
      received.push(request);
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get received() {
      return received;
    },
    answerWith(next) {
      answer = next;
    },
    reset() {
      answer = answerWell;
      received = [];
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Sends events and ends; with `break` the connection breaks instead. */
export function sendEvents(response: ServerResponse, events: readonly string[], end: 'end' | 'break' = 'end'): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) response.write(event);
  if (end === 'end') response.end();
  else setImmediate(() => response.destroy());
}

export function chunkEvent(text: string, finishReason: string | null = null): string {
  const choice = { index: 0, delta: { content: text }, finish_reason: finishReason };
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [choice] })}\n\n`;
}

function answerWell(request: ReceivedRequest, response: ServerResponse): void {
  if (request.path === '/health') sendJson(response, 200, { status: 'ok' });
  else if (request.path === '/health?detailed=true') sendJson(response, 200, detailedHealth);
  else if (request.path === '/v1/models') sendJson(response, 200, models);
  else if (request.path === '/v1/chat/completions') answerChat(request, response);
  else if (request.path.startsWith('/api/v1/')) answerManagement(request, response);
  else if (request.path.startsWith('/admin/keys')) answerKeys(request, response);
  else sendJson(response, 404, { error: { message: 'No such path.', code: 'not_found' } });
}

function answerChat({ body }: ReceivedRequest, response: ServerResponse): void {
  const isStream = typeof body === 'object' && body !== null && 'stream' in body && body.stream === true;
  if (isStream) {
    sendEvents(response, [
      chunkEvent('Hello from '),
      chunkEvent('the fake gateway.'),
      chunkEvent('', 'stop'),
      'data: [DONE]\n\n',
    ]);
    return;
  }
  sendJson(response, 200, {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'gpt-4o',
    choices: [{ index: 0, message: { role: 'assistant', content: answerText }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 6, total_tokens: 9 },
  });
}

function answerManagement({ path }: ReceivedRequest, response: ServerResponse): void {
  const [name = ''] = path.split('?');
  const answer = managementAnswers[name] ?? reportAnswers[name];
  if (answer === undefined) sendJson(response, 404, { error: { message: 'No such path.', code: 'not_found' } });
  else sendJson(response, 200, answer);
}

function answerKeys({ method }: ReceivedRequest, response: ServerResponse): void {
  if (method === 'DELETE') response.writeHead(204).end();
  else if (method === 'GET') sendJson(response, 200, [listedKey]);
  else sendJson(response, 200, { ...listedKey, key: 'sk-550e8400-e29b-41d4-a716-446655440000' });
}

const listedKey = {
  id: '3d6f1c9e',
  name: 'my-app',
  key_prefix: 'sk-550e8400...',
  is_active: true,
  tenant_id: null,
  expires_at: '2099-01-01T00:00:00.000Z',
  last_used_at: null,
};

const detailedHealth = {
  status: 'ok',
  version: '9.9.9',
  uptime_seconds: 12,
  components: { queue: { status: 'ok', waiting: 0 } },
  providers: [{ name: 'openai', status: 'healthy' }],
};

const models = {
  object: 'list',
  data: [
    {
      id: 'gpt-4o',
      object: 'model',
      created: 1_700_000_000,
      owned_by: 'openai',
      providers: [{ name: 'openai', available: true }],
      capabilities: { vision: true, audio: false, context: 128_000 },
      shutdown_date: '2027-01-14',
    },
    {
      id: 'llama',
      object: 'model',
      created: 1_700_000_000,
      owned_by: 'groq',
      providers: [{ name: 'groq', available: false }],
    },
  ],
};

async function readRequest(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    authorization: incoming.headers.authorization,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}
