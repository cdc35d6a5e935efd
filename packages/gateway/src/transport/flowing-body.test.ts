import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { ask, reply, startUpstream } from './raw-upstream.fixture.ts';

it('sends a body that flows in chunks, or as long as it was announced', async () => {
  const upstream = await startUpstream(({ text, socket }) => {
    if (/0\r\n\r\n$|world$/.test(text())) socket.write(reply('a'));
  });
  for (const headers of [[], ['content-length', '11']]) {
    const body = new PassThrough();
    const { end } = ask(upstream, { body, headers });
    body.write('hello ');
    body.end('world');
    expect(await end).toBe('end');
  }
  const [first, second] = upstream.received.map(({ text }) => text());
  expect(first).toMatch(/transfer-encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n$/);
  expect(second).toMatch(/content-length: 11\r\n\r\nhello world$/);
});

it.each([
  ['shorter', 'hell'],
  ['longer', 'hello, world'],
])('fails when a body that flows is %s than announced', async (_, text) => {
  const upstream = await startUpstream(() => {});
  const body = new PassThrough();
  const { end } = ask(upstream, { body, headers: ['content-length', '5'] });
  body.end(text);
  expect(await end).toBe('UPSTREAM_BODY_BROKEN');
});

it('does not call a body whole that broke off', async () => {
  const upstream = await startUpstream(() => {});
  const body = new PassThrough();
  const { end } = ask(upstream, { body });
  body.write('hello');
  await expect.poll(() => upstream.received[0]?.text().endsWith('hello\r\n')).toBe(true);
  body.destroy(new Error('its sender left'));
  expect(await end).toBe('UPSTREAM_BODY_BROKEN');
  expect(upstream.received[0]!.text()).not.toContain('0\r\n\r\n');
});

it('takes an answer that comes before the end of the body, and then no more of that', async () => {
  const upstream = await startUpstream(({ socket }) => socket.write('HTTP/1.1 413 No\r\ncontent-length: 0\r\n\r\n'));
  const body = new PassThrough();
  const { heard, end } = ask(upstream, { body });
  body.write('much');
  expect(await end).toBe('end');
  expect(heard).toEqual(['head 413', 'end']);
  expect(body.destroyed).toBe(true);
  await ask(upstream).end;
  expect(upstream.received).toHaveLength(2);
});

it('takes from a body no faster than the upstream takes it', async () => {
  const upstream = await startUpstream(({ socket }) => void socket.pause());
  const body = new PassThrough();
  const { end } = ask(upstream, { body });
  const part = Buffer.alloc(256 * 1024, 'x');
  let isFull = false;
  for (let count = 0; count < 400 && !isFull; count++) {
    if (!body.write(part)) isFull = !(await Promise.race([once(body, 'drain').then(() => true), turns(50)]));
  }
  expect(isFull).toBe(true);
  body.end();
  const { socket } = upstream.received[0]!;
  socket.removeAllListeners('data');
  socket.on('data', (bytes) => {
    if (bytes.toString('latin1').endsWith('0\r\n\r\n')) socket.write(reply('a'));
  });
  socket.resume();
  expect(await end).toBe('end');
});

/** False after so many turns of the event loop. */
async function turns(count: number): Promise<boolean> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
  return false;
}
