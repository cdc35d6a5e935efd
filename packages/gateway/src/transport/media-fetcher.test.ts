import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createSpecialAddresses } from '../policies/special-addresses.ts';
import { serve } from './loopback-server.fixture.ts';
import { createMediaFetcher, type MediaFetcherOptions } from './media-fetcher.ts';

const image: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'Image/PNG; charset=x' }).end('pixels');
};

function fetching(url: string, options: Partial<MediaFetcherOptions> = {}, signal = new AbortController().signal) {
  const fetcher = createMediaFetcher({
    isForbidden: createSpecialAddresses(),
    allowedHosts: new Set(['127.0.0.1']),
    maxBytes: 1_000,
    timeoutMs: 5_000,
    ...options,
  });
  return fetcher.fetch(url, signal);
}

describe('what is fetched', () => {
  it('comes with its type', async () => {
    const port = await serve(image);
    expect(await fetching(`http://127.0.0.1:${port}/a.png`)).toEqual({
      mediaType: 'image/png',
      data: Buffer.from('pixels'),
    });
  });

  it('is asked for with nothing of anybody', async () => {
    const seen: string[][] = [];
    const port = await serve((request, response) => {
      seen.push(Object.keys(request.headers).sort());
      image(request, response);
    });
    await fetching(`http://127.0.0.1:${port}/`);
    expect(seen).toEqual([['accept', 'accept-encoding', 'connection', 'host']]);
  });

  it('may be somewhere else', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/b') image(request, response);
      else response.writeHead(302, { location: '/b' }).end();
    });
    expect((await fetching(`http://127.0.0.1:${port}/a`)).data.toString()).toBe('pixels');
  });
});

it('a reply of a type that nobody reads held its connection until the time was up', async () => {
  let closed = (): void => undefined;
  const isClosed = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const port = await serve((_request, response) => {
    response.on('close', closed);
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.write(Buffer.alloc(64 * 1024));
  });
  await expect(fetching(`http://127.0.0.1:${port}/`, { timeoutMs: 60_000 })).rejects.toThrow('models cannot read');
  await isClosed;
});

describe('nothing is fetched', () => {
  it.each([
    ['file:///etc/passwd', 'no http'],
    ['ftp://example.com/a', 'no http'],
    ['data:image/png;base64,AA', 'no http'],
    ['http://user:secret@example.com/a', 'user name or password'],
    ['not a url', 'no URL'],
    ['http://10.0.0.1/', 'private address'],
    ['http://169.254.169.254/latest/meta-data', 'private address'],
    ['http://[::1]/', 'private address'],
    ['http://[::ffff:127.0.0.1]/', 'private address'],
    ['http://[fe80::1]/', 'private address'],
    ['http://0x7f.1/', 'private address'],
    ['http://2130706433/', 'private address'],
    ['http://localhost/', 'private address'],
  ])('from %s', async (url, reason) => {
    await expect(fetching(url, { allowedHosts: new Set() })).rejects.toThrow(reason);
  });

  it('after a redirect to a private address', async () => {
    const port = await serve((_request, response) => {
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    });
    await expect(fetching(`http://127.0.0.1:${port}/`)).rejects.toThrow('private address');
  });

  it('after too many redirects', async () => {
    const port = await serve((_request, response) => response.writeHead(302, { location: '/' }).end());
    await expect(fetching(`http://127.0.0.1:${port}/`)).rejects.toThrow('redirects more than 3 times');
  });

  it('that is too large, whatever it says of its size', async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png' });
      response.write(Buffer.alloc(900));
      response.end(Buffer.alloc(900));
    });
    await expect(fetching(`http://127.0.0.1:${port}/`)).rejects.toThrow('larger than 1000 bytes');
  });

  it('that no model reads', async () => {
    const port = await serve((_request, response) => response.setHeader('content-type', 'application/zip').end('x'));
    await expect(fetching(`http://127.0.0.1:${port}/`)).rejects.toThrow('models cannot read');
  });

  it('that is not there', async () => {
    const port = await serve((_request, response) => response.writeHead(404).end('secret words'));
    await expect(fetching(`http://127.0.0.1:${port}/`)).rejects.toThrow(
      /^could not be fetched: its server answered 404$/,
    );
  });

  it('that takes too long', async () => {
    const port = await serve(() => {});
    await expect(fetching(`http://127.0.0.1:${port}/`, { timeoutMs: 50 })).rejects.toThrow(
      'was not fetched within 50 ms',
    );
  });

  it('for who has left', async () => {
    const controller = new AbortController();
    const port = await serve(() => controller.abort());
    await expect(fetching(`http://127.0.0.1:${port}/`, {}, controller.signal)).rejects.toThrow('fetched');
  });
});
