import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { expect } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { RawConnection, type RawReply } from './raw-connection.ts';

/** Largest body of these tests, in bytes. */
export const MAX_BODY = 200_000;
export const MAX_DEPTH = 64;

/** A gateway with one provider behind it, spoken to over bare sockets. */
export interface Front {
  readonly gateway: TestGateway;
  readonly simulator: Simulator;
  readonly port: number;
  open(): Promise<RawConnection>;
  /** Sends bytes on a connection of their own; the first reply to them. */
  ask(bytes: string | Buffer): Promise<RawReply>;
  /** Nothing came through to the provider, and the next request on a new connection is served as ever. */
  expectUnharmed(): Promise<void>;
  stop(): Promise<void>;
}

export async function startFront(sections: Record<string, unknown> = {}): Promise<Front> {
  const simulator = await startSimulator();
  const gateway = await startTestGateway({
    config: {
      models: { m: { providers: [{ name: 'one', api_base: `${simulator.url}/v1`, api_key: 'sk-of-the-provider' }] } },
      security: { validation: { max_request_size_bytes: MAX_BODY, max_depth: MAX_DEPTH } },
      ...sections,
    },
  });
  const connections = new Set<RawConnection>();
  const open = async (): Promise<RawConnection> => {
    const connection = await RawConnection.open(gateway.port);
    connections.add(connection);
    return connection;
  };
  const ask = async (bytes: string | Buffer): Promise<RawReply> => {
    const connection = await open();
    void connection.send(bytes);
    return connection.reply();
  };
  return {
    gateway,
    simulator,
    port: gateway.port,
    open,
    ask,
    async expectUnharmed() {
      const { attemptCount } = simulator;
      simulator.reset();
      expect(attemptCount).toBe(0);
      expect((await ask(chat())).status).toBe(200);
      expect(simulator.attemptCount).toBe(1);
      simulator.reset();
    },
    async stop() {
      for (const connection of connections) connection.close();
      await gateway.stop();
      await simulator.close();
    },
  };
}

export const chatBody = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] });

export interface RequestParts {
  readonly line?: string;
  /** Header lines besides Host and the length. */
  readonly headers?: readonly string[];
  readonly host?: readonly string[];
  readonly body?: string | Buffer;
}

/** A request with its length declared; well formed unless its parts say otherwise. */
export function message(parts: RequestParts = {}): Buffer {
  const { line = 'POST /v1/chat/completions HTTP/1.1', host = ['Host: gateway.test'], body = '' } = parts;
  const { headers = ['Content-Type: application/json'] } = parts;
  const bytes = Buffer.from(body);
  const head = [line, ...host, ...headers, `Content-Length: ${bytes.length}`].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), bytes]);
}

/** A good chat request. */
export function chat(parts: RequestParts = {}): Buffer {
  return message({ body: chatBody, ...parts });
}

/** A request whose head is written out whole, the framing included. */
export function framed(headers: readonly string[], body: string): string {
  const lines = [
    'POST /v1/chat/completions HTTP/1.1',
    'Host: gateway.test',
    'Content-Type: application/json',
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** One chunk of a chunked body. */
export function chunk(data: string, size = Buffer.byteLength(data).toString(16)): string {
  return `${size}\r\n${data}\r\n`;
}

interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
}

/** The error of a reply in OpenAI's shape, checked for it. */
export function errorOf(reply: RawReply): ErrorBody {
  expect(reply.headers['content-type']).toBe('application/json');
  const { error, ...rest } = JSON.parse(reply.body) as { error: ErrorBody };
  expect(rest).toEqual({});
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
  expect(error.message).toMatch(/^\S.{10,300}[.?]$/s);
  return error;
}
