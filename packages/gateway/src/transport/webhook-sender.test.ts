import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createSpecialAddresses } from '../policies/special-addresses.ts';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { serve } from './loopback-server.fixture.ts';
import { createWebhookSender, type WebhookSender, type WebhookSenderInput } from './webhook-sender.ts';

const senders: WebhookSender[] = [];
afterEach(async () => {
  for (const sender of senders.splice(0)) await sender.close();
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

function setUp(differences: Partial<WebhookSenderInput> = {}) {
  const clock = createManualClock();
  const givenUp: string[] = [];
  const sender = createWebhookSender({
    clock,
    random: () => 1,
    isForbidden: createSpecialAddresses(),
    allowedHosts: new Set(['127.0.0.1']),
    onGivenUp: (text) => givenUp.push(text),
    ...differences,
  });
  senders.push(sender);
  return { clock, sender, givenUp };
}

/** Lets sockets do their work until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  const began = performance.now();
  while (!isSo()) {
    if (performance.now() - began > 10_000) throw new Error('It never comes to be.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const message = { id: 'm1', body: '{"a":1}' };

describe('a message', () => {
  it('is posted as JSON, signed, and known by its id', async () => {
    const seen: { method: string | undefined; headers: IncomingMessage['headers']; body: string }[] = [];
    const port = await serve(async (request, response) => {
      seen.push({ method: request.method, headers: request.headers, body: await bodyOf(request) });
      response.writeHead(204).end();
    });
    const { sender, clock, givenUp } = setUp();
    expect(sender.send({ url: `http://127.0.0.1:${port}/hook?token=x`, secret: 'whsec' }, message)).toBe(true);
    await sender.idle();
    const seconds = Math.floor(clock.wallNow() / 1000);
    const digest = createHmac('sha256', 'whsec').update(`${seconds}.{"a":1}`).digest('hex');
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      body: '{"a":1}',
      headers: {
        'content-type': 'application/json',
        'x-gateway-delivery': 'm1',
        'x-gateway-signature': `t=${seconds},v1=${digest}`,
      },
    });
    expect(givenUp).toEqual([]);
  });

  it('is tried again after waits that double, and signed anew each time', async () => {
    const signatures: string[] = [];
    const port = await serve(async (request, response) => {
      await bodyOf(request);
      signatures.push(String(request.headers['x-gateway-signature']));
      response.writeHead(signatures.length < 4 ? 503 : 200).end();
    });
    const { sender, clock, givenUp } = setUp();
    sender.send({ url: `http://127.0.0.1:${port}/`, secret: 's' }, message);
    for (const [index, wait] of [1_000, 2_000, 4_000].entries()) {
      await until(() => signatures.length === index + 1 && clock.pending() === 1);
      clock.advance(wait - 1);
      expect(clock.pending()).toBe(1);
      clock.advance(1);
      expect(clock.pending()).toBe(0);
    }
    await sender.idle();
    expect(signatures).toHaveLength(4);
    expect(new Set(signatures).size).toBe(4);
    expect(givenUp).toEqual([]);
  });

  it('is given up after five more tries, and the log hears of it without the secret or the path', async () => {
    let tries = 0;
    const port = await serve((_request, response) => {
      tries += 1;
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    });
    const { sender, clock, givenUp } = setUp();
    sender.send({ url: `http://127.0.0.1:${port}/very-secret-path`, secret: 'very-secret' }, message);
    for (let count = 1; count <= 5; count += 1) {
      await until(() => tries === count && clock.pending() === 1);
      clock.advance(60_000);
    }
    await sender.idle();
    expect(tries).toBe(6);
    expect(givenUp).toEqual([
      `The message m1 to 127.0.0.1:${port} was tried 6 times and given up: it was answered 302.`,
    ]);
  });

  it.each([
    ['http://10.0.0.1/', 'private address'],
    ['http://[::1]/', 'private address'],
    ['http://2130706433/', 'private address'],
    ['http://localhost/', 'private address'],
    ['file:///etc/passwd', 'no http'],
    ['nothing', 'no URL'],
  ])('is not sent to %s, and not tried again', async (url, reason) => {
    const { sender, clock, givenUp } = setUp({ allowedHosts: new Set() });
    sender.send({ url, secret: 's' }, message);
    await sender.idle();
    expect(givenUp).toEqual([expect.stringContaining(reason)]);
    expect(givenUp[0]).toContain('tried once');
    expect(clock.pending()).toBe(0);
  });

  it('that is not answered in time is tried again', async () => {
    const port = await serve(() => undefined);
    const { sender, clock } = setUp({ timeoutMs: 50 });
    sender.send({ url: `http://127.0.0.1:${port}/`, secret: 's' }, message);
    await until(() => clock.pending() === 1);
  });

  it('that there is no room for is not taken', async () => {
    const port = await serve(() => undefined);
    const { sender } = setUp({ maxQueue: 20 });
    const taken = Array.from({ length: 30 }, () =>
      sender.send({ url: `http://127.0.0.1:${port}/`, secret: 's' }, message),
    );
    expect(taken.filter(Boolean)).toHaveLength(20);
  });

  it('that waits is given up when the sender closes', async () => {
    const { sender, clock, givenUp } = setUp();
    sender.send({ url: 'http://127.0.0.1:1/', secret: 's' }, message);
    await until(() => clock.pending() === 1);
    await sender.close();
    expect(clock.pending()).toBe(0);
    await sender.idle();
    expect(sender.send({ url: 'http://127.0.0.1:1/', secret: 's' }, message)).toBe(false);
    expect(givenUp).toEqual([]);
  });
});
