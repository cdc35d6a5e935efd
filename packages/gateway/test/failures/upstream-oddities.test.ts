import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { answerOf, now } from './caller.ts';
import { type Drill, expectWhole, onlyLine, startDrill } from './drill.ts';
import { watchTimers } from './pending-timers.ts';

let drill: Drill;
let server: Server | undefined;
afterEach(async () => {
  await drill.stop();
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** A provider that does what the simulator never does. */
async function startWith(answer: (response: ServerResponse) => void): Promise<void> {
  server = createServer((request, response) => request.resume().on('end', () => answer(response)));
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  drill = await startDrill({
    primary: 'sim',
    fallback: 'ok',
    primaryTarget: { api_base: `http://127.0.0.1:${port}/v1` },
  });
}

const sse = { 'content-type': 'text/event-stream' };
const chunk = (content: string, finish: string | null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;

it('a reply that stays open after its terminator ends at once for the caller, and is not kept for long', async () => {
  const timers = watchTimers();
  let closed: Promise<unknown> | undefined;
  await startWith((response) => {
    closed = new Promise((resolve) => response.on('close', resolve));
    response.writeHead(200, sse).write(`${chunk('Hi', 'stop')}data: [DONE]\n\n`);
  });
  const startedAt = now();
  const reply = await drill.call({ stream: true });
  expect(answerOf(reply)).toMatchObject({ text: 'Hi', isDone: true });
  expect(drill.running.between(startedAt, now())).toBeLessThan(500);
  await closed;
  expect(timers.delays()).toEqual([]);
  timers.restore();
});

it('what follows the terminator is dropped', async () => {
  await startWith((response) => {
    response.writeHead(200, sse).end(`${chunk('Hi', 'stop')}data: [DONE]\n\n${chunk('more', null)}data: oops\n\n`);
  });
  const reply = await drill.call({ stream: true });
  expect(answerOf(reply)).toMatchObject({ text: 'Hi', isDone: true });
  expect(await onlyLine(drill)).toMatchObject({ status: 200, attempts: 1 });
});

it('heads that only inform are passed over', async () => {
  await startWith((response) => {
    response.writeProcessing();
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.writeHead(200, sse).end(`${chunk('Hi', 'stop')}data: [DONE]\n\n`);
  });
  expect(answerOf(await drill.call({ stream: true }))).toMatchObject({ text: 'Hi', isDone: true });
});

it('a redirect is neither followed nor shown', async () => {
  await startWith((response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end());
  expectWhole(await drill.call(), false);
});

it('a refusal longer than is kept reaches the caller in words of the gateway', async () => {
  const error = { message: 'x'.repeat(400_000), type: 'invalid_request_error' };
  await startWith((response) => response.writeHead(400).end(JSON.stringify({ error })));
  const reply = await drill.call();
  expect(reply.status).toBe(400);
  expect(answerOf(reply).error).toMatchObject({ type: 'invalid_request_error', code: 'caller_fault' });
  expect(drill.attempts()).toEqual([0, 0]);
});

it('an error whose body breaks off still tells its status', async () => {
  await startWith((response) => {
    response.writeHead(429, { 'content-length': 1_000 }).write('{"error":');
    setImmediate(() => response.destroy());
  });
  const reply = await drill.call();
  expectWhole(reply, false);
  expect(reply.headers['x-gateway-attempts']).toMatch(/^\S+ rate_limited 429, /);
});

it('a preamble without end is no answer, but not held for ever either', async () => {
  await startWith((response) => {
    response.writeHead(200, sse);
    const send = (): void => {
      while (!response.destroyed && response.write(`: ${'keep-alive '.repeat(500)}\n\n`));
      response.once('drain', send);
    };
    send();
  });
  const call = drill.open({ stream: true });
  const response = await call.response;
  expect(response.statusCode).toBe(200);
  call.leave();
  expect(await onlyLine(drill)).toMatchObject({ status: 499, attempts: 1 });
});
