import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, chunk, errorOf, type Front, framed, message, startFront } from './front.ts';

/** Characters of text in a message. */
const MAX_TEXT = 700_000;
const sentence = 'All of it is relayed as it came. ';

let front: Front;
beforeAll(async () => {
  front = await startFront({
    security: { validation: { max_request_size_bytes: 4 * MAX_TEXT, max_message_length: MAX_TEXT } },
  });
});
afterAll(() => front.stop());

const bodyOf = (content: string, rest = ''): string =>
  `{"model":"m", "messages":[{"role":"user","content":"${content}"}]${rest}}`;

/** Where the quote of the text is. */
const textAt = bodyOf('').indexOf('""');

async function refused(body: string | Buffer) {
  const reply = await front.ask(message({ body }));
  const error = errorOf(reply);
  await front.expectUnharmed();
  return { status: reply.status, ...error };
}

async function arrived(bytes: Buffer | string): Promise<Buffer> {
  front.simulator.reset();
  expect((await front.ask(bytes)).status).toBe(200);
  const { body } = front.simulator.attempts[0]!;
  front.simulator.reset();
  return body;
}

describe.each([
  ['a body with long texts', sentence.repeat(300)],
  ['a body so large that its long texts are left out of what is parsed', sentence.repeat(10_000)],
])('%s', (_what, long) => {
  it.each([
    ['plain', long],
    ['with escapes', `${long}\\n\\u00e9\\"${long}`],
    ['in other scripts', '長い文章 😀 '.repeat(1_000)],
    ['as data', `data:image/png;base64,${Buffer.alloc(60_000, 'gateway').toString('base64')}`],
  ])('goes on byte for byte: %s', async (_name, text) => {
    const body = bodyOf(text, ', "n" : 1.0, "unknown":[{"a":{"b":"\\/"}}] ');
    expect((await arrived(chat({ body }))).toString()).toBe(body);
  });

  it('is refused where it names its model twice', async () => {
    const { code, message: text, status } = await refused(bodyOf(long, ',"model":"n"'));
    expect([status, code]).toEqual([400, 'invalid_request']);
    expect(text).toContain('`model` is there twice');
  });

  it('goes on the same in whatever pieces it comes', async () => {
    const body = bodyOf(long);
    for (const size of [long.length / 10, 4_096, long.length, body.length - 1]) {
      const pieces: string[] = [];
      for (let at = 0; at < body.length; at += size) pieces.push(chunk(body.slice(at, at + size)));
      const sent = framed(['Transfer-Encoding: chunked'], `${pieces.join('')}0\r\n\r\n`);
      expect((await arrived(sent)).toString()).toBe(body);
    }
  });

  it('goes on the same when it is cut anywhere on its way', async () => {
    const text = 'x'.repeat(2_100);
    const bytes = chat({ body: bodyOf(text, `,"user":"${text}"`) });
    const head = bytes.indexOf('\r\n\r\n');
    const connection = await front.open();
    front.simulator.reset();
    for (let at = head + 1; at <= bytes.length; at += 131) {
      await connection.send(bytes.subarray(0, at));
      await new Promise((resolve) => setImmediate(resolve));
      await connection.send(bytes.subarray(at));
      expect((await connection.reply()).status).toBe(200);
    }
    for (const { body } of front.simulator.attempts) expect(body.equals(bytes.subarray(head + 4))).toBe(true);
    connection.close();
    front.simulator.reset();
  });

  it('is translated with all that it says', async () => {
    const asked = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: [{ type: 'text', text: long }] }] };
    const body = await arrived(message({ line: 'POST /v1/messages HTTP/1.1', body: JSON.stringify(asked) }));
    expect(body.toString()).toContain(JSON.stringify(long));
  });

  it.each([
    ['a line break in a text', bodyOf(`${long}\n${long}`), textAt],
    ['a NUL in a text', bodyOf(`${long}\0`), textAt],
    ['a comma too many', bodyOf(long, ','), bodyOf(long).length],
    ['no comma', bodyOf(`${long}" "${long}`), bodyOf(`${long}" `).indexOf('" ', 50) + 2],
  ])('is refused with the place of the mistake in all of it: %s', async (_name, body, position) => {
    const { status, code, message: text } = await refused(body);
    expect([status, code]).toEqual([400, 'invalid_json']);
    expect(text).toContain(`at position ${position} `);
  });

  it.each([
    ['an escape that is none', bodyOf(`${long}\\x${long}`), 'position'],
    ['a text that never ends', bodyOf(long).slice(0, -10), `position ${textAt} `],
    ['an end in the middle', bodyOf(long).slice(0, -3), 'ends too early'],
    ['a second value', `${bodyOf(long)}{}`, 'position'],
  ])('is refused when it is no JSON: %s', async (_name, body, words) => {
    const { status, code, message: text } = await refused(body);
    expect([status, code]).toEqual([400, 'invalid_json']);
    expect(text).toContain(words);
  });

  it('is refused as broken UTF-8', async () => {
    const body = Buffer.from(bodyOf(long));
    body[5_000] = 0xff;
    expect(await refused(body)).toMatchObject({ status: 400, code: 'invalid_json' });
  });

  it('is refused when a text of a message is too long, in characters', async () => {
    for (const [letter, count] of [
      ['x', MAX_TEXT],
      ['é', MAX_TEXT - 20_000],
    ] as const) {
      expect((await front.ask(chat({ body: bodyOf(letter.repeat(count)) }))).status).toBe(200);
    }
    front.simulator.reset();
    const parts = JSON.stringify([{ role: 'user', content: [1, 2].map(() => ({ text: 'x'.repeat(MAX_TEXT / 2) })) }]);
    for (const messages of [parts.replace('xx', 'xxx'), `[{"role":"user","content":"${'x'.repeat(MAX_TEXT + 1)}"}]`]) {
      const { status, param } = await refused(`{"model":"m","messages":${messages}}`);
      expect([status, param]).toEqual([400, 'messages[0].content']);
    }
    expect((await front.ask(chat({ body: `{"model":"m","messages":${parts}}` }))).status).toBe(200);
    front.simulator.reset();
  });

  it('is not answered when its sender leaves in the middle, or sends less than it said', async () => {
    const body = bodyOf(long);
    for (const at of [1, long.length, body.length - 1]) {
      const connection = await front.open();
      await connection.send(framed([`Content-Length: ${body.length}`], body.slice(0, at)));
      connection.endSending();
      await connection.over();
      await front.expectUnharmed();
    }
  });

  it('ends where its length says, and what follows is no part of it', async () => {
    const body = bodyOf(long);
    const connection = await front.open();
    front.simulator.reset();
    await connection.send(Buffer.concat([chat({ body }), chat({ body: bodyOf(`${long}2`) })]));
    expect((await connection.reply()).status).toBe(200);
    expect((await connection.reply()).status).toBe(200);
    expect(front.simulator.attempts.map((attempt) => attempt.body.toString())).toEqual([body, bodyOf(`${long}2`)]);
    connection.close();
    front.simulator.reset();
    const cut = await front.ask(framed([`Content-Length: ${body.length - 1}`], body));
    expect([cut.status, errorOf(cut).code]).toEqual([400, 'invalid_json']);
    await front.expectUnharmed();
  });
});
