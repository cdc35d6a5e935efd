import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, chatBody, chunk, type Front, framed, message, startFront } from './front.ts';

// A request hidden in another's body must never be taken for one of its own, however the framing is bent.

let front: Front;
beforeAll(async () => {
  front = await startFront();
});
afterEach(() => front.simulator.reset());
afterAll(() => front.stop());

const length = `Content-Length: ${chatBody.length}`;
const chunked = 'Transfer-Encoding: chunked';
const hidden = chat({ body: chatBody.replace('Hi', 'Hidden') }).toString('latin1');

/** Statuses of all replies to the bytes, until the other side closes or says nothing more. */
async function repliesTo(bytes: string): Promise<number[]> {
  const connection = await front.open();
  await connection.send(bytes);
  connection.endSending();
  await connection.over();
  const statuses: number[] = [];
  while (connection.rest !== '') statuses.push((await connection.reply()).status);
  return statuses;
}

describe('framing that two servers could read in two ways', () => {
  it.each([
    ['a length and chunks', [length, chunked], `${chunk('')}${hidden}`],
    ['chunks and a length', [chunked, length], `${chunk('')}${hidden}`],
    ['two lengths that differ', [length, 'Content-Length: 3'], chatBody],
    ['two lengths that agree', [length, length], chatBody],
    ['a list of lengths', [`${length}, ${chatBody.length}`], chatBody],
    ['a length with a sign', [`Content-Length: +${chatBody.length}`], chatBody],
    ['a length below zero', ['Content-Length: -1'], chatBody],
    ['a length in hex', ['Content-Length: 0x10'], chatBody],
    ['a length with a point', [`${length}.0`], chatBody],
    ['an empty length', ['Content-Length: '], chatBody],
    ['a length beyond all numbers', ['Content-Length: 99999999999999999999999'], chatBody],
    ['a coding like chunked', ['Transfer-Encoding: xchunked'], `${chunk('')}${hidden}`],
    ['chunked that is not last', ['Transfer-Encoding: chunked, identity'], `${chunk('')}${hidden}`],
    ['another coding under the chunks', ['Transfer-Encoding: gzip, chunked'], `${chunk(chatBody)}${chunk('')}`],
    ['identity', ['Transfer-Encoding: identity', length], chatBody],
    ['chunked twice', [chunked, chunked], `${chunk(chatBody)}${chunk('')}`],
    ['chunked with a space before the colon', ['Transfer-Encoding : chunked'], `${chunk('')}${hidden}`],
    ['chunked behind a vertical tab', ['Transfer-Encoding: \x0bchunked'], `${chunk('')}${hidden}`],
    ['chunked on a folded line', ['Transfer-Encoding:\r\n chunked'], `${chunk('')}${hidden}`],
    ['chunked in quotes', ['Transfer-Encoding: "chunked"'], `${chunk('')}${hidden}`],
  ])('is refused: %s', async (_name, headers, body) => {
    expect(await repliesTo(framed(headers, body))).toEqual([400]);
    await front.expectUnharmed();
  });

  it('is refused: chunks with HTTP/1.0', async () => {
    const bytes = framed([chunked], `${chunk(chatBody)}${chunk('')}`).replace('HTTP/1.1', 'HTTP/1.0');
    expect(await repliesTo(bytes)).toEqual([400]);
    await front.expectUnharmed();
  });

  it.each([
    ['larger than any number', chunk(chatBody, 'fffffffffffffffff')],
    ['that wraps to a small one', chunk(chatBody, '10000000000000010')],
    ['below zero', chunk(chatBody, '-1')],
    ['with 0x', chunk(chatBody, '0x10')],
    ['with a space before it', chunk(chatBody, ` ${chatBody.length.toString(16)}`)],
    ['missing', chunk(chatBody, '')],
    ['smaller than the chunk', chunk(chatBody, '1')],
    ['ended by a lone LF', chunk(chatBody).replace('\r\n', '\n')],
    ['with an endless extension', chunk(chatBody, `${chatBody.length.toString(16)};x=${'y'.repeat(40_000)}`)],
  ])('is refused: a chunk size %s', async (_name, body) => {
    expect(await repliesTo(framed([chunked], `${body}${chunk('')}${hidden}`))).toEqual([400]);
    await front.expectUnharmed();
  });

  it('is refused: a chunk without its end', async () => {
    const body = `${chunk(chatBody).slice(0, -2)}XX${chunk('')}`;
    expect(await repliesTo(framed([chunked], body))).toEqual([400]);
    await front.expectUnharmed();
  });
});

describe('what follows a request', () => {
  it('is no second one when the first declared it as its body', async () => {
    const connection = await front.open();
    await connection.send(message({ body: hidden }));
    expect((await connection.reply()).status).toBe(400);
    await connection.send(chat());
    expect((await connection.reply()).status).toBe(200);
    expect(front.simulator.attempts.map(({ body }) => body.toString())).toEqual([chatBody]);
  });

  it('is no request when it is not one: the first is answered, then the connection ends', async () => {
    front.simulator.behave({ kind: 'answer', firstTokenMs: 100 });
    const connection = await front.open();
    await connection.send(`${chat().toString('latin1')}rubbish\r\n\r\n`);
    const reply = await connection.reply();
    expect([reply.status, reply.headers['connection']]).toEqual([200, 'close']);
    await connection.over();
    expect(connection.rest).toBe('');
    expect(front.simulator.attemptCount).toBe(1);
  });

  it('is told apart from a body without a length', async () => {
    const connection = await front.open();
    await connection.send(framed([], chatBody));
    expect((await connection.reply()).status).toBe(400);
    await connection.over();
    await front.expectUnharmed();
  });

  it('is answered in order when several requests come at once', async () => {
    front.simulator.behave(({ body }) => ({ kind: 'answer', firstTokenMs: body.includes('first') ? 150 : 0 }));
    const ask = (name: string) => chat({ headers: [`X-Request-Id: ${name}`], body: chatBody.replace('Hi', name) });
    const page = Buffer.from('GET /live HTTP/1.1\r\nHost: x\r\n\r\n');
    const connection = await front.open();
    await connection.send(Buffer.concat([ask('first'), ask('second'), page, ask('third')]));
    const ids: (string | undefined)[] = [];
    for (let count = 0; count < 4; count++) ids.push((await connection.reply()).headers['x-request-id']);
    expect(ids).toEqual(['first', 'second', undefined, 'third']);
    expect(front.simulator.attemptCount).toBe(3);
  });
});

describe('chunks that are well formed', () => {
  it('are served with extensions and trailers, which go nowhere', async () => {
    const trailers = '0\r\nAuthorization: Bearer of-the-trailer\r\nX-Api-Key: of-the-trailer\r\n\r\n';
    const body = `${chunk(chatBody, `${chatBody.length.toString(16)};a=b`)}${trailers}`;
    expect((await front.ask(framed([chunked], body))).status).toBe(200);
    const [attempt] = front.simulator.attempts;
    expect(attempt!.body.toString()).toBe(chatBody);
    expect(attempt!.rawHeaders.join()).not.toContain('of-the-trailer');
  });
});
