import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface LoadResult {
  readonly requests: number;
  readonly ok: number;
  readonly events: number;
  readonly statuses: Record<string, number>;
  readonly errors: Record<string, number>;
}

interface ProcessUsageModule {
  readonly usageIsReadable: boolean;
  readProcessUsage(pid: number): { cpuSeconds: number; residentBytes: number; processes: number };
  parseStatLine(text: string): { pid: number; parent: number; ticks: number; pages: number };
}

const children: ChildProcess[] = [];
const servers: Server[] = [];
let load: ChildProcess;
let lastId = 0;

function start(script: string): ChildProcess {
  const child = fork(join(import.meta.dirname, script), [], { execArgv: [] });
  children.push(child);
  return child;
}

beforeAll(async () => {
  load = start('load.mjs');
  await once(load, 'message');
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const server of servers) server.close();
});

/** A server that answers the first bytes of each connection in its own way. */
async function answering(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => answer(socket));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function run(command: Record<string, unknown>): Promise<LoadResult> {
  lastId += 1;
  const answer = once(load, 'message');
  load.send({ id: lastId, command: { key: 'k', bodyBytes: 300, ...command } });
  const [message] = (await answer) as [{ id: number; result: LoadResult }];
  expect(message.id).toBe(lastId);
  return message.result;
}

const oneStream = { kind: 'streams', events: 3, gapMs: 0, total: 1, rampSeconds: 0.001 };
const oneRequest = { kind: 'unary', concurrency: 1, seconds: 0 };

const streamHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const event = chunk('data: {"choices":[]}\n\n');
const done = chunk('data: [DONE]\n\n');
const wholeStream = `${streamHead}${event.repeat(3)}${done}0\r\n\r\n`;

describe('the stream driver', () => {
  test('counts a whole stream as right', async () => {
    const port = await answering((socket) => socket.write(wholeStream));
    expect(await run({ ...oneStream, port })).toMatchObject({ requests: 1, ok: 1, events: 4, errors: {} });
  });

  test('reads a stream that comes a byte at a time', async () => {
    const port = await answering((socket) => {
      socket.setNoDelay(true);
      let at = 0;
      const next = () => {
        if (at === wholeStream.length) return;
        socket.write(wholeStream.charAt(at), next);
        at += 1;
      };
      next();
    });
    expect(await run({ ...oneStream, port })).toMatchObject({ ok: 1, events: 4, errors: {} });
  });

  test.each([
    ['cut in the middle of the head', streamHead.slice(0, 20), 'truncated'],
    ['cut after an event', streamHead + event, 'truncated'],
    ['cut after the terminator, before the last chunk', streamHead + event.repeat(3) + done, 'truncated'],
    ['ended without the terminator', `${streamHead}${event.repeat(3)}0\r\n\r\n`, 'unfinished'],
    ['one event short', `${streamHead}${event.repeat(2)}${done}0\r\n\r\n`, 'miscounted'],
    ['one event too long', `${streamHead}${event.repeat(4)}${done}0\r\n\r\n`, 'miscounted'],
    ['refused', 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\n{}', 'status'],
    ['not HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'protocol'],
    ['closed without a word', '', 'connection'],
  ])('counts a stream that is %s as an error', async (_title, bytes, kind) => {
    const port = await answering((socket) => socket.end(bytes));
    const result = await run({ ...oneStream, port });
    expect(result).toMatchObject({ requests: 1, ok: 0, errors: { [kind]: 1 } });
  });
});

describe('the request driver', () => {
  test('counts statuses, and only 200 as right', async () => {
    const refusing = await answering((socket) => socket.end('HTTP/1.1 429 Too Many\r\ncontent-length: 0\r\n\r\n'));
    const refused = await run({ ...oneRequest, port: refusing });
    expect(refused).toMatchObject({ requests: 1, ok: 0, statuses: { 429: 1 }, errors: { status: 1 } });
    const serving = await answering((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'));
    expect(await run({ ...oneRequest, port: serving })).toMatchObject({ requests: 1, ok: 1, errors: {} });
  });

  test('counts a reply that stops short of its length as an error', async () => {
    const port = await answering((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"a":'));
    expect(await run({ ...oneRequest, port })).toMatchObject({ ok: 0, errors: { truncated: 1 } });
  });
});

test('the upstream answers whole replies, unpaced and paced streams', async () => {
  const upstream = start('upstream.mjs');
  const [ready] = (await once(upstream, 'message')) as [{ ports: number[] }];
  const port = ready.ports[0];
  expect(await run({ ...oneRequest, port, bodyBytes: 100_000 })).toMatchObject({ ok: 1, errors: {} });
  expect(await run({ ...oneStream, port, events: 50 })).toMatchObject({ ok: 1, events: 51, errors: {} });
  expect(await run({ ...oneStream, port, events: 5, gapMs: 2 })).toMatchObject({ ok: 1, events: 6, errors: {} });
});

test("the upstream speaks Anthropic's wire too, and the driver knows how its streams end", async () => {
  const upstream = start('upstream.mjs');
  const [ready] = (await once(upstream, 'message')) as [{ ports: number[] }];
  const shape = { port: ready.ports[0], wire: 'anthropic-messages' };
  const ending = { terminator: 'event: message_stop\ndata: {"type":"message_stop"}\n\n', moreEvents: 4 };
  expect(await run({ ...oneRequest, ...shape })).toMatchObject({ ok: 1, errors: {} });
  expect(await run({ ...oneStream, ...shape, events: 50, ending })).toMatchObject({ ok: 1, events: 54, errors: {} });
  expect(await run({ ...oneStream, ...shape, events: 50 })).toMatchObject({ ok: 0, errors: { unfinished: 1 } });
});

describe('the cost of a process', async () => {
  // The benchmark is plain JavaScript without declarations, so its shape is stated here.
  const address = new URL('./process-usage.mjs', import.meta.url).href;
  const { usageIsReadable, readProcessUsage, parseStatLine } = (await import(address)) as ProcessUsageModule;

  test.skipIf(!usageIsReadable)('grows with the CPU time that is used (only Linux has /proc)', () => {
    const before = readProcessUsage(process.pid);
    const endsAt = process.cpuUsage().user + 100_000;
    while (process.cpuUsage().user < endsAt) Math.sqrt(endsAt);
    const after = readProcessUsage(process.pid);
    expect(after.cpuSeconds - before.cpuSeconds).toBeGreaterThanOrEqual(0.08);
    expect(after.residentBytes).toBeGreaterThan(10_000_000);
  });

  test.skipIf(!usageIsReadable)('includes the children of the process', () => {
    expect(readProcessUsage(process.pid).processes).toBeGreaterThanOrEqual(2);
  });

  test.skipIf(!usageIsReadable)('is not invented for a process that is gone', () => {
    // Process ids end well below this number.
    expect(() => readProcessUsage(2 ** 30)).toThrow('has ended');
  });

  test('is read past a command name with blanks and parentheses', () => {
    const fields = [
      'S',
      '7',
      ...Array.from({ length: 9 }, () => '0'),
      '11',
      '12',
      '13',
      '14',
      ...Array.from({ length: 6 }, () => '0'),
      '99',
    ];
    expect(parseStatLine(`42 (a) b (c) ${fields.join(' ')}`)).toEqual({ pid: 42, parent: 7, ticks: 50, pages: 99 });
  });
});
