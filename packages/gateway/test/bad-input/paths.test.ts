import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, errorOf, type Front, message, startFront } from './front.ts';

let front: Front;
beforeAll(async () => {
  front = await startFront();
});
afterEach(() => front.simulator.reset());
afterAll(() => front.stop());

const get = (target: string, headers: readonly string[] = []) =>
  front.ask(message({ line: `GET ${target} HTTP/1.1`, headers }));

async function refusedWith(status: number, target: string): Promise<void> {
  const reply = await get(target);
  expect([target, reply.status]).toEqual([target, status]);
  errorOf(reply);
  await front.expectUnharmed();
}

describe('a forwarded path', () => {
  it.each([
    '/v1/m/../files',
    '/v1/m/a/../../admin',
    '/v1/m/./a',
    '/v1/m/..',
    '/v1/m/..;/files',
    '/v1/m/..;x=y/files',
    '/v1/m/%2e%2e/files',
    '/v1/m/%2E./files',
    '/v1/m/.%2e/files',
    '/v1/m/%252e%252e/files',
    '/v1/m/%25252525252e/files',
    '/v1/m/a%2f..%2ffiles',
    '/v1/m/a%2Fb',
    '/v1/m/a%252Fb',
    '/v1/m/a%5cb',
    '/v1/m/a\\b',
    '/v1/m/..\\files',
    '/v1/m//files',
    '/v1/m//evil.test/files',
    '/v1/m/a//b',
    '/v1/m/',
    '/v1/m/;',
    '/v1/m/;/files',
    '/v1/m/a%00b',
    '/v1/m/a%0d%0aX-Evil:%201',
    '/v1/m/a%0ab',
    '/v1/m/a%7f',
    '/v1/m/%',
    '/v1/m/a%zz',
    '/v1/m/%c0%ae%c0%ae/files',
    '/v1/m/%ef%bc%8e%ef%bc%8e/files',
    '/v1/m/%e2%80%a5/files',
    '/v1/m/a%ef%bc%8fb',
    '/v1/m/a@evil.test',
    '/v1/m/a#b',
    '/v1/m/a%3fb',
    '/v1/m/a%23b',
    '/v1/m/a?b=#c',
  ])('is refused: %s', (target) => refusedWith(400, target));

  it.each(['\u2025/files', 'caf\u00e9', '\uff0e\uff0e/files', '\u0001'])('is refused raw: %j', async (tail) => {
    const reply = await front.ask(Buffer.from(`GET /v1/m/${tail} HTTP/1.1\r\nHost: x\r\n\r\n`, 'utf8'));
    expect(reply.status).toBe(400);
    errorOf(reply);
    await front.expectUnharmed();
  });

  it.each([
    '/v1/m/files',
    '/v1/m/files/file-1/content',
    '/v1/m/FILES',
    '/v1/m/%66iles',
    '/v1/m/fil%65s;x=y',
    '/v1/m/v1/files',
    '/v1/m/organization/costs',
    '/v1/m/organizations/1/api_keys',
    '/v1/m/admin',
    '/v1/m/fine_tuning/jobs',
    '/v1/m/batches',
    '/v1/m/dashboard/billing/usage',
    '/v1/m/users?limit=1',
    '/v1/m/uploads/',
  ])('is denied, as the account of the key is nobody else’s: %s', (target) => refusedWith(403, target));

  it.each([
    'ftp://evil.test/v1/m/tokenize',
    'http://user@evil.test/v1/m/tokenize',
    'http://evil.test//v1/models',
    'http:///v1/models',
    '//evil.test/v1/models',
    '//',
    '/v1//tokenize',
    '/v1/../tokenize',
    '/v1/m%2f..%2fn/tokenize',
    '/v1/%2e%2e/tokenize',
    '/v1/%00/tokenize',
    '/v1/a%5cb/tokenize',
    '/v1/%ff/tokenize',
    '/v1/%/tokenize',
    '/v1/models/',
    '/v1/models//',
    '/v1/models/..',
    '/v1/models/%2e%2e',
    '/v1/models/%00',
    '/v1/models/%',
    `/v1/models/${'m'.repeat(7_000)}`,
    `/v1/${'m'.repeat(7_000)}/tokenize`,
    `/v1/m/${'t'.repeat(7_000)}`,
    `/v1/${'m'.repeat(10_000)}/tokenize`,
  ])('is refused wherever it goes astray: %s', (target) => refusedWith(400, target));

  it.each([
    '/v1',
    '/v1/',
    '/v2/models',
    '/V1/models',
    '/v1/models/nothing',
    '/v1/nothing',
    '/v1/m',
    '/v1/chat/other',
    '/v1/models%2fm',
    '/admin',
    '/.env',
    '/v1/nothing/tokenize',
    'http://localhost/v1/nothing/tokenize',
    '/v1/__proto__/tokenize',
    '/v1/models/__proto__',
    '/__proto__',
    '/%2e%2e/etc/passwd',
    '/../etc/passwd',
  ])('leads nowhere: %s', (target) => refusedWith(404, target));

  it('goes out as it came, its query too', async () => {
    const target = '/v1/m/tokenize/a-b.c~d/%C3%A9;p=1,2?x=%2e%2e&y=a%00b&x=/../&z=';
    expect((await get(target)).status).toBe(200);
    const [attempt] = front.simulator.attempts;
    expect([attempt!.path, attempt!.query]).toEqual([
      '/v1/tokenize/a-b.c~d/%C3%A9;p=1,2',
      'x=%2e%2e&y=a%00b&x=/../&z=',
    ]);
  });
});

describe('headers of a caller', () => {
  const secret = 'of-the-caller';
  const kept = [
    'Authorization',
    'Proxy-Authorization',
    'X-Api-Key',
    'Api-Key',
    'X-Goog-Api-Key',
    'X_Api_Key',
    'Cookie',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Anything',
    'Forwarded',
    'X-Real-IP',
    'Via',
    'X-Original-URL',
    'X-HTTP-Method-Override',
    'OpenAI-Organization',
    'OpenAI-Project',
    'X-Tenant-Id',
    'X-Gateway-Anything',
    'Keep-Alive',
    'Proxy-Connection',
    'TE',
  ];
  const lines = [
    ...kept.map((name) => `${name}: ${secret}`),
    'Connection: keep-alive, X-Of-The-Hop',
    `X-Of-The-Hop: ${secret}`,
  ];

  it.each(['GET /v1/m/tokenize HTTP/1.1', 'POST /v1/chat/completions HTTP/1.1'])('stay here: %s', async (line) => {
    const headers = ['Content-Type: application/json', ...lines];
    const reply = await front.ask(line.startsWith('GET') ? message({ line, headers }) : chat({ line, headers }));
    expect(reply.status).toBe(200);
    const [attempt] = front.simulator.attempts;
    expect(attempt!.rawHeaders.join('\n')).not.toContain(secret);
    expect(attempt!.headers.authorization).toBe('Bearer sk-of-the-provider');
    expect(attempt!.rawHeaders.filter((name) => /^authorization$/i.test(name))).toHaveLength(1);
    expect(attempt!.headers.host).toBe(`127.0.0.1:${front.simulator.port}`);
  });
});

describe('the id of a request', () => {
  const idOf = async (line: string) => {
    const reply = await front.ask(chat({ headers: [line] }));
    expect(reply.status).toBe(200);
    return reply.headers['x-request-id'];
  };

  it.each(['req-1', 'A.b_c:d-9', 'x'.repeat(128)])('is the caller’s own when it is sane: %s', async (id) => {
    expect(await idOf(`X-Request-Id: ${id}`)).toBe(id);
  });

  it.each(['', 'x'.repeat(129), 'a b', 'a"b', '<script>', '$(x)', '../../x', 'a;b', 'caf\u00e9', '%0d%0aX:1', "'--"])(
    'is a new one when it is not: %j',
    async (id) => {
      expect(await idOf(`X-Request-Id: ${id}`)).toMatch(/^req-[0-9a-f]{24}$/);
      const [line] = front.gateway.logLines.filter((entry) => 'latency_ms' in entry).slice(-1);
      expect(line!['request_id']).toMatch(/^req-[0-9a-f]{24}$/);
    },
  );

  it('is a new one when there are several', async () => {
    expect(await idOf('X-Request-Id: a\r\nX-Request-Id: b')).toMatch(/^req-/);
  });
});
