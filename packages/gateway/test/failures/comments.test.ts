import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { answerOf } from './caller.ts';
import { type Drill, startDrill } from './drill.ts';

const token = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n';
const end = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
const timeout = { stream_headers_seconds: 0.3, first_token_seconds: 0.3, idle_seconds: 0.4, streaming_seconds: 2 };

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

/** A provider that begins its stream so, and goes on several times within what counts as silence. */
async function start(begins: string, goOn: (response: ServerResponse, times: number) => void): Promise<Drill> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(begins);
    let times = 0;
    const timer = setInterval(() => goOn(response, ++times), 100);
    response.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const drill = await startDrill({
    primary: 'sim',
    primaryTarget: { api_base: `http://127.0.0.1:${port}/v1` },
    timeout,
  });
  close = async () => {
    await drill.stop();
    server.closeAllConnections();
    server.close();
  };
  return drill;
}

it.each([
  ['before its first token', ': ping\n\n'],
  ['after its first token', `: ping\n\n${token}`],
])('a stream that fell silent %s was taken for alive because of the comments of a proxy', async (_, begins) => {
  const drill = await start(begins, (response) => response.write(': ping - now\r\n\r\n'));
  const reply = await drill.call({ stream: true });
  expect(answerOf(reply).error?.code).toBe('upstream_timeout');
  expect(reply.durationMs).toBeLessThan(1_500);
});

it('a stream whose tokens come between comments is not silent', async () => {
  const drill = await start(token, (response, times) => {
    response.write(': ping\n\n');
    response.write(token);
    if (times === 6) response.end(end);
  });
  const answer = answerOf(await drill.call({ stream: true }));
  expect([answer.text, answer.isDone]).toEqual(['Hi'.repeat(7), true]);
});

it('a stream whose one event dribbles is not silent, whatever its bytes', async () => {
  const bytes = token.replace('Hi', '::::');
  const drill = await start(token, (response, times) => {
    const from = (times - 1) * 6;
    response.write(bytes.slice(from, from + 6));
    if (from > bytes.length) response.end(end);
  });
  const answer = answerOf(await drill.call({ stream: true }));
  expect([answer.text, answer.isDone]).toEqual(['Hi::::', true]);
});
