import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  chat,
  chatBody,
  chunk,
  errorOf,
  type Front,
  framed,
  MAX_BODY,
  MAX_DEPTH,
  message,
  startFront,
} from './front.ts';

let front: Front;
beforeAll(async () => {
  front = await startFront();
});
afterAll(() => front.stop());

async function refused(body: string | Buffer, headers?: readonly string[]) {
  const reply = await front.ask(message({ body, ...(headers && { headers }) }));
  const error = errorOf(reply);
  await front.expectUnharmed();
  return { status: reply.status, reply, ...error };
}

const user = { role: 'user', content: 'Hi' };

describe('a body that is no JSON', () => {
  it.each([
    ['{"model":"m",}', 13, 1, 14],
    ['{"model":"m"\n "messages":[]}', 14, 2, 2],
    ['{"a":1}{"b":2}', 7, 1, 8],
    ["{'model':'m'}", 1, 1, 2],
    ['{"model":"m","n":NaN}', 17, 1, 18],
    // Nobody sees these: a byte order mark, and a blank that is none of JSON's.
    ['\ufeff{"model":"m"}', 0, 1, 1],
    ['{"model":\u00a0"m"}', 9, 1, 10],
  ])('is refused with the place of the mistake: %s', async (body, position, line, column) => {
    const { status, code, message: text } = await refused(body);
    expect([status, code]).toEqual([400, 'invalid_json']);
    expect(text).toContain(`at position ${position} (line ${line}, column ${column})`);
  });

  it.each([
    ['', 'empty'],
    [' \n', 'empty'],
    ['{"model":"m","messages":[', 'ends too early'],
  ])('is refused with what is missing: %j', async (body, words) => {
    const { status, code, message: text } = await refused(body);
    expect([status, code]).toEqual([400, 'invalid_json']);
    expect(text).toContain(words);
  });

  it('is not quoted', async () => {
    const { reply } = await refused('{"messages":[{"content":"very private" "');
    expect(reply.body).not.toContain('private');
  });

  it.each([
    ['a lone continuation byte', Buffer.from([0x7b, 0x22, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
    ['an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['half a surrogate pair', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['a character cut off', Buffer.from([0x22, 0xf0, 0x9f, 0x98, 0x22])],
    ['UTF-16', Buffer.from(`\uFEFF${chatBody}`, 'utf16le')],
  ])('is refused as broken UTF-8: %s', async (_name, body) => {
    const { status, message: text } = await refused(body);
    expect(status).toBe(400);
    expect(text).toContain('UTF-8');
  });
});

describe('a body that is JSON of the wrong kind', () => {
  it.each(['[]', '"text"', '1', 'null', 'true', '[{"model":"m"}]'])('is refused: %s', async (body) => {
    const { status, code, message: text } = await refused(body);
    expect([status, code]).toEqual([400, 'invalid_request']);
    expect(text).toContain('JSON object');
  });

  it.each([
    ['messages', {}],
    ['messages', { messages: null }],
    ['messages', { messages: [] }],
    ['messages', { messages: {} }],
    ['messages', { messages: 'Hi' }],
    ['messages[0]', { messages: [null] }],
    ['messages[0]', { messages: ['Hi'] }],
    ['messages[0].role', { messages: [{ content: 'Hi' }] }],
    ['messages[0].role', { messages: [{ role: 1, content: 'Hi' }] }],
    ['messages[1].content', { messages: [user, { role: 'user', content: 5 }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: { text: 'Hi' } }] }],
    ['model', { model: 7, messages: [user] }],
    ['model', { model: ['m'], messages: [user] }],
    ['model', { model: 'm'.repeat(10_000), messages: [user] }],
    ['stream', { stream: 'yes', messages: [user] }],
    ['stream', { stream: 1, messages: [user] }],
    ['stream_options', { stream: true, stream_options: true, messages: [user] }],
    ['temperature', { temperature: 'hot', messages: [user] }],
    ['temperature', { temperature: 2.1, messages: [user] }],
    ['temperature', { temperature: -1, messages: [user] }],
    ['max_tokens', { max_tokens: 0, messages: [user] }],
    ['max_tokens', { max_tokens: 1.5, messages: [user] }],
    ['max_tokens', { max_tokens: '10', messages: [user] }],
    ['max_completion_tokens', { max_completion_tokens: -3, messages: [user] }],
    ['n', { n: 0, messages: [user] }],
    ['n', { n: 1e9, messages: [user] }],
  ])('is refused with the field at fault: %s %j', async (param, fields) => {
    const reply = await refused(JSON.stringify({ model: 'm', ...fields }));
    expect(reply).toMatchObject({ status: 400, type: 'invalid_request_error', code: 'invalid_request', param });
  });

  it.each(['/v1/completions', '/v1/embeddings', '/v1/responses', '/v1/moderations', '/v1/rerank', '/v1/audio/speech'])(
    'is refused at %s too',
    async (path) => {
      for (const body of ['[]', '{"model":7}', '{"model"', '']) {
        const reply = await front.ask(message({ line: `POST ${path} HTTP/1.1`, body }));
        expect(reply.status).toBe(400);
        errorOf(reply);
      }
      await front.expectUnharmed();
    },
  );

  it.each(['__proto__', 'constructor', 'toString', 'm\u0000', 'm\r\nX-Evil: 1', '..', 'm/../m', '\u202e', '😀'])(
    'names a model that is none: %j',
    async (model) => {
      const { status, code } = await refused(JSON.stringify({ model, messages: [user] }));
      expect([status, code]).toEqual([404, 'model_not_found']);
    },
  );
});

describe('nesting', () => {
  const nested = (depth: number) =>
    JSON.stringify({ model: 'm', messages: [user], extra: 0 }).replace(
      '0}',
      `${'['.repeat(depth)}${']'.repeat(depth)}}`,
    );

  it('beyond the limit is refused, however deep', async () => {
    for (const body of [nested(MAX_DEPTH), '['.repeat(100_000), '{"a":'.repeat(30_000), nested(50_000)]) {
      const { status, message: text } = await refused(body);
      expect(status).toBe(400);
      expect(text).toContain(`${MAX_DEPTH} levels`);
    }
  });

  it('within the limit is served, and so are brackets in texts', async () => {
    expect((await front.ask(chat({ body: nested(MAX_DEPTH - 1) }))).status).toBe(200);
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: '["[{'.repeat(1000) }] });
    expect((await front.ask(chat({ body }))).status).toBe(200);
    front.simulator.reset();
  });
});

describe('a body that is too large', () => {
  it('is refused by its declared length, before it is read', async () => {
    const connection = await front.open();
    await connection.send(framed([`Content-Length: ${MAX_BODY + 1}`], '{'));
    const reply = await connection.reply();
    expect([reply.status, errorOf(reply).code, reply.headers['connection']]).toEqual([
      413,
      'payload_too_large',
      'close',
    ]);
    connection.endSending();
    await connection.over();
    await front.expectUnharmed();
  });

  it('is refused while it streams, and its sender is not read for ever', async () => {
    const connection = await front.open();
    await connection.send(framed(['Transfer-Encoding: chunked'], ''));
    const piece = chunk(' '.repeat(50_000));
    while (!connection.isOver && connection.rest === '') await connection.send(piece);
    const reply = await connection.reply();
    expect([reply.status, errorOf(reply).code, reply.headers['connection']]).toEqual([
      413,
      'payload_too_large',
      'close',
    ]);
    let sent = 0;
    while (!connection.isOver) {
      await connection.send(piece);
      if (++sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await front.expectUnharmed();
  }, 20_000);

  it('reaches a sender that sends all of it before it reads', async () => {
    const connection = await front.open();
    await connection.send(message({ body: Buffer.alloc(20_000_000, 0x20) }));
    expect((await connection.reply()).status).toBe(413);
    await connection.over();
    for (let attempt = 0; attempt < 5; attempt++) {
      const url = `http://127.0.0.1:${front.port}/v1/chat/completions`;
      const reply = await fetch(url, { method: 'POST', body: new Uint8Array(5_000_000) });
      expect(reply.status).toBe(413);
      await reply.text();
    }
    await front.expectUnharmed();
  });

  it('is refused for a path that is only forwarded as well', async () => {
    const reply = await front.ask(message({ line: 'POST /v1/m/tokenize HTTP/1.1', body: 'x'.repeat(MAX_BODY + 1) }));
    expect([reply.status, errorOf(reply).code]).toEqual([413, 'payload_too_large']);
    await front.expectUnharmed();
  });

  it('is taken at exactly the limit', async () => {
    const body = chatBody.padEnd(MAX_BODY, ' ');
    expect((await front.ask(chat({ body }))).status).toBe(200);
    expect((await front.ask(framed(['Transfer-Encoding: chunked'], `${chunk(body)}${chunk('')}`))).status).toBe(200);
    front.simulator.reset();
  });
});

describe('the content type', () => {
  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    '*/*',
  ])('%s is refused for a chat', async (type) => {
    const { status, code, message: text } = await refused(chatBody, [`Content-Type: ${type}`]);
    expect([status, code]).toEqual([415, 'unsupported_media_type']);
    expect(text).toContain('application/json');
  });

  it.each([
    [],
    ['Content-Type: application/json; charset=utf-8'],
    ['content-type: APPLICATION/JSON'],
    ['Content-Type: application/vnd.x+json'],
  ])('%j is taken', async (...headers) => {
    expect((await front.ask(chat({ headers }))).status).toBe(200);
    front.simulator.reset();
  });
});

describe('a compressed body', () => {
  it.each(['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip'])('is refused: %s', async (encoding) => {
    const headers = ['Content-Type: application/json', `Content-Encoding: ${encoding}`];
    const { status, code, message: text } = await refused(gzipSync(chatBody), headers);
    expect([status, code]).toEqual([415, 'unsupported_media_type']);
    expect(text).toContain(encoding);
  });

  it('that is none after all is taken, and a forwarded one passes as it is', async () => {
    const headers = ['Content-Type: application/json', 'Content-Encoding: identity'];
    expect((await front.ask(chat({ headers }))).status).toBe(200);
    const body = gzipSync(chatBody);
    const forwarded = await front.ask(
      message({ line: 'POST /v1/m/tokenize HTTP/1.1', headers: ['Content-Encoding: gzip'], body }),
    );
    expect(forwarded.status).toBe(200);
    const attempt = front.simulator.attempts.at(-1)!;
    expect([attempt.headers['content-encoding'], attempt.body.equals(body)]).toEqual(['gzip', true]);
    front.simulator.reset();
  });
});
