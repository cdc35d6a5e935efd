import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RequestView } from '../canonical/exchange.ts';
import { caught, createRequestView } from './request-view.fixture.ts';
import { SeenSignatures } from './seen-signatures.ts';
import { createSignature } from './signature.ts';

const secret = 'signing-secret';
const startMs = 1_800_000_000_000;
const body = Buffer.from('{"messages":[]}');

/** Written out here once more, as a client would, so that the policy is not tested against itself. */
function clientSignature(lines: {
  timestamp: string;
  url?: string;
  body?: Buffer;
  nonce?: string;
  method?: string;
}): string {
  const [path, query = ''] = (lines.url ?? '/v1/chat/completions').split('?');
  const digest = createHash('sha256')
    .update(lines.body ?? body)
    .digest('hex');
  const nonce = lines.nonce === undefined ? '' : `\n${lines.nonce}`;
  const text = `${lines.timestamp}\n${lines.method ?? 'POST'}\n${path}\n${query}\n${digest}${nonce}`;
  return createHmac('sha256', secret).update(text).digest('hex');
}

function createParts(signing = { headerName: 'X-Signature', secret: secret as string | undefined }) {
  const time = { value: startMs };
  const policy = createSignature(signing, { now: () => 0, wallNow: () => time.value, schedule: () => () => {} })!;
  const ask = (headers: RequestView['headers'], differences: Partial<RequestView> = {}) =>
    policy(createRequestView({ headers, body, ...differences }));
  return { ask, time };
}

const seconds = String(startMs / 1000);

describe('createSignature', () => {
  it('is nothing when it is not configured', () => {
    expect(createSignature(undefined, { now: () => 0, wallNow: () => 0, schedule: () => () => {} })).toBeUndefined();
  });

  it.each([undefined, ''])('accepts nothing with the secret %j, and says what to do', (missing) => {
    const { ask } = createParts({ headerName: 'X-Signature', secret: missing });
    const error = caught(() => ask({ 'x-timestamp': seconds, 'x-signature': clientSignature({ timestamp: seconds }) }));
    expect(error.kind).toBe('signing_unconfigured');
    expect(error.message).toContain('security.request_signing.secret');
  });

  it.each([
    ['header pair', { 'x-timestamp': seconds, 'x-signature': clientSignature({ timestamp: seconds }) }],
    ['upper case', { 'x-timestamp': seconds, 'x-signature': clientSignature({ timestamp: seconds }).toUpperCase() }],
    ['scheme in front', { 'x-timestamp': seconds, 'x-signature': `sha256=${clientSignature({ timestamp: seconds })}` }],
    ['compact', { 'x-signature': `HMAC-SHA256;${seconds};${clientSignature({ timestamp: seconds })}` }],
    [
      'milliseconds',
      { 'x-signature': `hmac-sha256;${startMs + 7};${clientSignature({ timestamp: String(startMs + 7) })}` },
    ],
    [
      'nonce',
      { 'x-timestamp': seconds, 'x-nonce': 'n1', 'x-signature': clientSignature({ timestamp: seconds, nonce: 'n1' }) },
    ],
  ])('accepts a %s', (_form, headers) => {
    expect(() => createParts().ask(headers)).not.toThrow();
  });

  it('covers the query, and bodies that are not there', () => {
    const { ask } = createParts();
    const url = '/v1/models?limit=1&x=a%20b';
    const signature = clientSignature({ timestamp: seconds, url, method: 'GET', body: Buffer.alloc(0) });
    const headers = { 'x-timestamp': seconds, 'x-signature': signature };
    expect(() => ask(headers, { url, method: 'GET', body: undefined })).not.toThrow();
  });

  const good = { 'x-timestamp': seconds, 'x-signature': clientSignature({ timestamp: seconds }) };
  it.each<[string, RequestView['headers'], Partial<RequestView>]>([
    ['no signature', { 'x-timestamp': seconds }, {}],
    ['no timestamp', { 'x-signature': good['x-signature'] }, {}],
    ['another body', good, { body: Buffer.from('{"messages": []}') }],
    ['another path', good, { url: '/v1/embeddings' }],
    ['another query', good, { url: '/v1/chat/completions?a=b' }],
    ['another method', good, { method: 'PUT' }],
    ['another timestamp', { ...good, 'x-timestamp': String(Number(seconds) + 1) }, {}],
    ['an added nonce', { ...good, 'x-nonce': 'n' }, {}],
    ['a short digest', { ...good, 'x-signature': good['x-signature'].slice(2) }, {}],
    ['no digest', { ...good, 'x-signature': 'sha256=' }, {}],
    ['another algorithm', { 'x-signature': `HMAC-MD5;${seconds};${good['x-signature']}` }, {}],
    ['a time that is no number', { ...good, 'x-timestamp': '1e9' }, {}],
    ['a body that streams', good, { body: undefined, headers: { ...good, 'transfer-encoding': 'chunked' } }],
  ])('refuses %s', (_what, headers, differences) => {
    const error = caught(() => createParts().ask(headers, differences));
    expect(error).toMatchObject({ kind: 'invalid_signature', status: 401 });
    expect(error.message).not.toContain(secret);
  });

  it.each([
    [-300_000, true],
    [-300_001, false],
    [300_000, true],
    [300_001, false],
  ])('with a timestamp %d ms off: %s', (offset, isAccepted) => {
    const { ask } = createParts();
    const timestamp = String(startMs + offset);
    const call = () => ask({ 'x-timestamp': timestamp, 'x-signature': clientSignature({ timestamp }) });
    if (isAccepted) expect(call).not.toThrow();
    else expect(caught(call).message).toContain('five minutes');
  });

  it('accepts a signature once, in whatever spelling', () => {
    const { ask, time } = createParts();
    ask(good);
    time.value += 299_000;
    expect(caught(() => ask(good)).message).toContain('used before');
    const compact = { 'x-signature': `HMAC-SHA256;${seconds};${good['x-signature'].toUpperCase()}` };
    expect(caught(() => ask(compact)).message).toContain('used before');
  });

  it('uses the configured header', () => {
    const { ask } = createParts({ headerName: 'X-Hub-Signature', secret });
    expect(() => ask({ 'x-timestamp': seconds, 'x-hub-signature': good['x-signature'] })).not.toThrow();
    expect(caught(() => ask(good)).kind).toBe('invalid_signature');
  });
});

describe('SeenSignatures', () => {
  it('remembers for its lifetime and stays bounded', () => {
    const seen = new SeenSignatures({ limit: 100, lifetimeMs: 1000 });
    expect(seen.add('a', 0)).toBe(true);
    for (let now = 1; now < 20; now++) seen.add(`x${now}`, now * 52);
    expect(seen.add('a', 1000)).toBe(false);
    for (let index = 0; index < 1000; index++) seen.add(`y${index}`, 1001);
    expect(seen.size).toBeLessThanOrEqual(100);
  });
});
