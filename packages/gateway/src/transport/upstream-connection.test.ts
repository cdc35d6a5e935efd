import { once } from 'node:events';
import { expect, it } from 'vitest';
import { systemClock } from '../canonical/clock.ts';
import { type Leaving, Outbox } from './outbox.ts';
import { ask, type Received, reply, startUpstream } from './raw-upstream.fixture.ts';

const isWhole = ({ text }: Received): boolean => text().endsWith('{}');

it('writes a small request in one piece, and tells what comes back in order', async () => {
  const upstream = await startUpstream(({ socket }) => socket.write(`HTTP/1.1 100 Continue\r\n\r\n${reply('hello')}`));
  const { heard, end } = ask(upstream, { headers: ['x-one', '1'] });
  await end;
  expect(heard).toEqual(['head 200', 'hello', 'end']);
  const host = upstream.origin.slice('http://'.length);
  expect(upstream.received[0]!.text()).toBe(
    `POST / HTTP/1.1\r\nconnection: keep-alive\r\nx-one: 1\r\nhost: ${host}\r\ncontent-length: 2\r\n\r\n{}`,
  );
});

it('never reads one answer into the memory of another', async () => {
  const upstream = await startUpstream((one) => {
    if (isWhole(one)) one.socket.write(reply('x'.repeat(40_000).replaceAll('x', one.text()[6]!)));
  });
  const asked = Array.from({ length: 20 }, (_, index) => ask(upstream, { path: `${'/'}${index % 10}` }));
  for (const { end } of asked) expect(await end).toBe('end');
  for (const [index, { heard }] of asked.entries()) {
    expect(heard.slice(1, -1).join('') === String(index % 10).repeat(40_000)).toBe(true);
  }
});

it('takes no more than its reader wants, and tells the end only then', async () => {
  const size = 8_000_000;
  const upstream = await startUpstream(({ socket }) => void socket.write(reply('x'.repeat(size))));
  let wants = false;
  const { call, heard, end } = ask(upstream, { wantsMore: () => wants });
  await expect.poll(() => heard.length).toBe(2);
  const { socket } = upstream.received[0]!;
  // The rest fills what the kernel holds and then waits at the upstream.
  expect(socket.writableLength).toBeGreaterThan(0);
  expect(heard).toHaveLength(2);
  wants = true;
  call.resume();
  expect(await end).toBe('end');
  expect(heard.slice(1, -1).reduce((sum, part) => sum + part.length, 0)).toBe(size);
});

it('tells the end of an answer that came whole while its reader waited', async () => {
  const upstream = await startUpstream(({ socket }) => socket.end(reply('whole')));
  const { call, heard, end } = ask(upstream, { wantsMore: () => false });
  await expect.poll(() => heard).toEqual(['head 200', 'whole']);
  call.resume();
  expect(await end).toBe('end');
});

it('reads the next answer on a connection whose last one came whole while its reader waited', async () => {
  const upstream = await startUpstream(({ socket }) => void socket.write(reply('whole')));
  const first = ask(upstream, { wantsMore: () => false });
  await expect.poll(() => first.heard).toEqual(['head 200', 'whole']);
  first.call.resume();
  await first.end;
  const second = ask(upstream);
  await expect.poll(() => second.heard).toEqual(['head 200', 'whole', 'end']);
  expect(upstream.received).toHaveLength(1);
});

it('closes the upstream at once when a call is aborted, and the handler hears nothing more', async () => {
  const upstream = await startUpstream(({ socket }) => socket.write('HTTP/1.1 200 OK\r\n\r\nfirst'));
  const { call, heard } = ask(upstream);
  await expect.poll(() => heard).toEqual(['head 200', 'first']);
  const { socket } = upstream.received[0]!;
  const closed = once(socket, 'end');
  call.abort();
  call.abort();
  call.resume();
  await closed;
  expect(heard).toEqual(['head 200', 'first']);
});

it('sends again on the connection that an answer left, and not on one that was left dirty or closed', async () => {
  let answer = reply('a');
  const upstream = await startUpstream((one) => isWhole(one) && one.socket.write(answer));
  for (const [text, connections] of [
    [reply('a'), 1],
    [reply('b'), 1],
    [reply('dirty') + reply('more'), 1],
    [reply('c', 'connection: close\r\n'), 2],
    [reply('d', 'keep-alive: timeout=1\r\n'), 3],
    [reply('e'), 4],
    [reply('f'), 4],
  ] as const) {
    answer = text;
    expect(await ask(upstream).end).toBe('end');
    expect(upstream.received.length).toBe(connections);
  }
});

it('closes a connection that nobody has used for its time', async () => {
  const upstream = await startUpstream((one) => isWhole(one) && one.socket.write(reply('a')), { keepAliveMs: 20 });
  expect(await ask(upstream).end).toBe('end');
  await expect.poll(() => upstream.received[0]!.socket.readableEnded).toBe(true);
  expect(await ask(upstream).end).toBe('end');
  expect(upstream.received).toHaveLength(2);
});

it('closes an idle connection also after a call that outlasted its time', async () => {
  const upstream = await startUpstream(() => {}, { keepAliveMs: 20 });
  const asked = ask(upstream);
  await expect.poll(() => upstream.received.length > 0 && isWhole(upstream.received[0]!)).toBe(true);
  const { socket } = upstream.received[0]!;
  // Longer than the connection may be idle.
  socket.setTimeout(60);
  await once(socket, 'timeout');
  socket.write(reply('late'));
  expect(await asked.end).toBe('end');
  await expect.poll(() => socket.readableEnded).toBe(true);
});

it('gives up idle connections sooner once the upstream has closed one, unless it says when it does', async () => {
  let now = 0;
  let answer = reply('a');
  const clock = { ...systemClock, now: () => now };
  const upstream = await startUpstream((one) => isWhole(one) && one.socket.write(answer), {
    clock,
    keepAliveMs: 60_000,
  });
  const askAfter = async (idleMs: number): Promise<number> => {
    now += idleMs;
    expect(await ask(upstream).end).toBe('end');
    return upstream.received.length;
  };
  expect(await askAfter(0)).toBe(1);
  expect(await askAfter(59_999)).toBe(1);
  now += 10_000;
  await closeIdle(upstream.received[0]!);
  expect(await askAfter(0)).toBe(2);
  expect(await askAfter(8_999)).toBe(2);
  expect(await askAfter(9_000)).toBe(3);
  answer = reply('told', 'keep-alive: timeout=30\r\n');
  expect(await askAfter(0)).toBe(3);
  expect(await askAfter(28_999)).toBe(3);
  now += 5_000;
  await closeIdle(upstream.received[2]!);
  answer = reply('a');
  expect(await askAfter(0)).toBe(4);
  expect(await askAfter(8_999)).toBe(4);
});

/** The upstream closes a connection on which nothing is under way; resolves when the gateway has closed it too. */
async function closeIdle({ socket }: Received): Promise<void> {
  socket.end();
  if (!socket.readableEnded) await once(socket, 'end');
}

it('takes for no answer what comes while a request still waits to go out', async () => {
  class HeldOutbox extends Outbox {
    isOpen = true;
    override add(leaving: Leaving): void {
      if (this.isOpen) super.add(leaving);
    }
  }
  const outbox = new HeldOutbox();
  const upstream = await startUpstream((one) => isWhole(one) && one.socket.write(reply('a')), { outbox });
  await ask(upstream).end;
  outbox.isOpen = false;
  const second = ask(upstream);
  upstream.received[0]!.socket.write('HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n');
  // As of a connection that went away while the request was on its way to it: it may go out again on another.
  expect(await second.end).toBe('UPSTREAM_CLOSED reused');
  expect(second.heard).toHaveLength(1);
});

it('does not use a connection on which the upstream spoke unasked', async () => {
  const upstream = await startUpstream((one) => isWhole(one) && one.socket.write(reply('a')));
  expect(await ask(upstream).end).toBe('end');
  const { socket } = upstream.received[0]!;
  socket.write('HTTP/1.1 408 Request Timeout\r\n\r\n');
  await once(socket, 'end');
  const { heard, end } = ask(upstream);
  expect(await end).toBe('end');
  expect(heard[0]).toBe('head 200');
});

it.each([
  ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf', ['head 200', 'half', 'UPSTREAM_CLOSED']],
  ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n', ['head 200', 'half', 'UPSTREAM_CLOSED']],
  ['HTTP/1.1 200 OK\r\n\r\nwhole', ['head 200', 'whole', 'end']],
  ['HTTP/1.1 2', ['UPSTREAM_CLOSED']],
  ['', ['UPSTREAM_CLOSED']],
  ['SSH-2.0-OpenSSH\r\n\r\n', ['UPSTREAM_MALFORMED']],
  [`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(5_000)}\r\n\r\n`, ['UPSTREAM_HEAD_TOO_LARGE']],
])('tells what became of an answer that ends after %j', async (text, heard) => {
  const upstream = await startUpstream(({ socket }) => socket.end(text));
  const asked = ask(upstream);
  await asked.end;
  expect(asked.heard).toEqual(heard);
});

it('tells of a reset', async () => {
  const upstream = await startUpstream(({ socket }) => socket.resetAndDestroy());
  expect(await ask(upstream).end).toBe('ECONNRESET');
});

it('tells of a request that cannot be written, and never sends it', async () => {
  const upstream = await startUpstream(() => {});
  const { call, end } = ask(upstream, { headers: ['x', 'a\r\nb: c'] });
  expect(await end).toBe('UPSTREAM_REQUEST_INVALID');
  expect(call.isSent).toBe(false);
  expect(upstream.received[0]?.text() ?? '').toBe('');
});

it('fails the call of a handler that throws, and nothing else', async () => {
  const upstream = await startUpstream((one) => isWhole(one) && one.socket.write(reply('a')));
  const fault = Object.assign(new Error('of the handler'), { code: 'OWN' });
  const throwing = ask(upstream, {
    wantsMore: () => {
      throw fault;
    },
  });
  expect(await throwing.end).toBe('OWN');
  expect(await ask(upstream).end).toBe('end');
});

it('tells a handler that throws at the end, and goes on using the connection', async () => {
  const upstream = await startUpstream((one) => isWhole(one) && one.socket.write(reply('a')));
  const throwing = ask(upstream, {
    onEnd() {
      throw Object.assign(new Error('of the handler'), { code: 'OWN' });
    },
  });
  expect(await throwing.end).toBe('OWN');
  expect(await ask(upstream).end).toBe('end');
  expect(upstream.received).toHaveLength(1);
});

it('fails what is under way when it is closed', async () => {
  const upstream = await startUpstream(() => {});
  const asked = ask(upstream);
  await expect.poll(() => upstream.received.length).toBe(1);
  await upstream.transport.close();
  expect(await asked.end).toBe('UPSTREAM_CLOSED');
});

it('sent a request behind the rest of one whose answer had come early', async () => {
  const upstream = await startUpstream(({ socket, text }) => {
    if (text().endsWith('{}')) socket.write(reply('second'));
    else if (!socket.isPaused()) socket.pause().write(reply('first'));
  });
  // More than the buffers of both ends take of what nobody reads.
  await ask(upstream, { body: Buffer.alloc(32 * 1024 * 1024) }).end;
  expect(await ask(upstream).end).toBe('end');
  expect(upstream.received).toHaveLength(2);
});
