import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LearntFields } from './learnt-fields.ts';
import { ResponseReader } from './response-reader.ts';

interface Seen {
  readonly status: number | undefined;
  readonly headers: readonly string[];
  readonly body: string;
  readonly end: string;
  readonly isReusable: boolean;
  readonly keepAliveSeconds: number | undefined;
}

interface Reading {
  readonly pieces: readonly Buffer[];
  readonly method?: string;
  /** The upstream closes the connection behind them. */
  readonly isClosed?: boolean;
  /** What is known of the upstream; nothing when not given. */
  readonly fields?: LearntFields;
}

const maxHeaderBytes = 1_000;

function read({ pieces, method = 'POST', isClosed = false, fields = new LearntFields() }: Reading): Seen {
  const reader = new ResponseReader({ method, maxHeaderBytes, fields });
  let status: number | undefined;
  let headers: readonly string[] = [];
  let body = '';
  const note = (): void => {
    if (reader.head !== undefined) {
      expect(status).toBeUndefined();
      ({ status, rawHeaders: headers } = reader.head);
    }
    if (reader.data !== undefined) body += reader.data.toString('latin1');
  };
  for (const piece of pieces) {
    // The bytes are only borrowed.
    const borrowed = Buffer.from(piece);
    reader.push(borrowed);
    borrowed.fill(0);
    note();
  }
  if (isClosed) {
    reader.close();
    note();
  }
  const end = reader.fault?.message ?? (reader.isEnded ? 'end' : 'open');
  const isReusable = end === 'end' && reader.isReusable;
  return { status, headers, body, end, isReusable, keepAliveSeconds: reader.keepAliveSeconds };
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Reads a text in one piece, and sees that it reads the same a byte at a time and in any two pieces. */
function readText(text: string, options: Omit<Reading, 'pieces'> = {}): Seen {
  const bytes = bytesOf(text);
  const whole = read({ pieces: [bytes], ...options });
  const fields = new LearntFields();
  for (let times = 0; times < 3; times++) expect(read({ pieces: [bytes], ...options, fields })).toEqual(whole);
  const single = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
  expect(read({ pieces: single, ...options })).toEqual(whole);
  for (let at = 1; at < bytes.length; at++) {
    expect(read({ pieces: [bytes.subarray(0, at), bytes.subarray(at)], ...options })).toEqual(whole);
  }
  return whole;
}

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('the body of a response', () => {
  it('is as long as its length says', () => {
    expect(readText('HTTP/1.1 200 OK\r\nX-Odd:\t one  two \r\nContent-Length: 5\r\n\r\nhello')).toEqual({
      status: 200,
      headers: ['X-Odd', 'one  two', 'Content-Length', '5'],
      body: 'hello',
      end: 'end',
      isReusable: true,
      keepAliveSeconds: undefined,
    });
    expect(readText('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello')).toMatchObject({ body: 'hello', end: 'open' });
  });

  it('is what its chunks hold, without extensions and trailers', () => {
    const text = `${chunked}5;a=b; c="d"\r\nhello\r\n1 \r\n \r\n00C\r\nbig\r\n wide\r\n\r\n000;x\r\nTrailer: x\r\nOther: y\r\n\r\n`;
    expect(readText(text)).toMatchObject({ body: 'hello big\r\n wide\r\n', end: 'end', isReusable: true });
  });

  it('ends with the connection when nothing else says where', () => {
    const text = 'HTTP/1.0 200\r\nContent-Type: text/plain\r\n\r\nas much as there is';
    expect(readText(text)).toMatchObject({ body: 'as much as there is', end: 'open' });
    expect(readText(text, { isClosed: true })).toMatchObject({ end: 'end', isReusable: false });
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'],
    ['HEAD', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['POST', 'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n'],
    ['GET', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
  ])('is none after %s and %j', (method, text) => {
    expect(readText(text, { method })).toMatchObject({ body: '', end: 'end', isReusable: true });
  });

  it('comes after any number of informational heads', () => {
    const early = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n';
    const text = `${early}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi`;
    expect(readText(text)).toMatchObject({ status: 200, headers: ['content-length', '2'], body: 'hi', end: 'end' });
  });

  it.each(['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell', `${chunked}5\r\nhello\r\n`, 'HTTP/1.1 20', ''])(
    'is cut where the connection closes after %j',
    (text) => {
      expect(readText(text, { isClosed: true })).toMatchObject({ end: 'the upstream closed the connection' });
    },
  );
});

describe('a connection', () => {
  it.each([
    ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\nConnection: Close\r\n\r\n', false],
    ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: x\r\nconnection: y , close\r\n\r\n', false],
    ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n', true],
    ['HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: Keep-Alive\r\n\r\n', true],
  ])('after %j is used again: %s', (text, isReusable) => {
    expect(readText(text).isReusable).toBe(isReusable);
  });

  it('told callers what was for its other end only', () => {
    const head = (connection: string) =>
      read({
        pieces: [Buffer.from(`HTTP/1.1 204 x\r\nA: 1\r\nconnection: ${connection}\r\nX-Hop: 2\r\nb: 3\r\n\r\n`)],
      });
    const named = head('keep-alive, x-hop');
    expect(named).toMatchObject({ headers: ['A', '1', 'connection', 'keep-alive, x-hop', 'b', '3'], isReusable: true });
    expect(head('Keep-Alive').headers).toContain('X-Hop');
    expect(head('close').headers).toContain('X-Hop');
  });

  it('on which more came than was asked for is not used again', () => {
    for (const text of ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi', `${chunked}2\r\nhi\r\n0\r\n\r\n`]) {
      const seen = read({ pieces: [bytesOf(`${text}HTTP/1.1 200 OK`)] });
      expect(seen).toMatchObject({ body: 'hi', end: 'end', isReusable: false });
    }
  });

  it('is kept for as long as the upstream says', () => {
    const head = (value: string) => `HTTP/1.1 200 OK\r\ncontent-length: 0\r\nKeep-Alive: ${value}\r\n\r\n`;
    expect(readText(head('timeout=5, max=100')).keepAliveSeconds).toBe(5);
    expect(readText(head('max=100, timeout=12')).keepAliveSeconds).toBe(12);
    expect(readText(head('max=100')).keepAliveSeconds).toBeUndefined();
  });
});

describe('what is no response', () => {
  it.each([
    ['HTTP/2 200 OK\r\n\r\n', 'HTTP/1.1'],
    ['HTTP/1.1 2xx OK\r\n\r\n', 'HTTP/1.1'],
    ['HTTP/1.1 099 OK\r\n\r\n', 'HTTP/1.1'],
    ['HTTP/1.1 2000 OK\r\n\r\n', 'HTTP/1.1'],
    ['HTTP/1.1 20\r\n\r\n', 'HTTP/1.1'],
    ['\r\nHTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.1'],
    ['<html>\r\n\r\n', 'HTTP/1.1'],
    ['HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n', 'switched protocols'],
    ['HTTP/1.1 200 OK\r\nno colon\r\n\r\n', 'no colon'],
    ['HTTP/1.1 200 OK\r\n: empty\r\n\r\n', 'no proper name'],
    ['HTTP/1.1 200 OK\r\nspace : x\r\n\r\n', 'no proper name'],
    ['HTTP/1.1 200 OK\r\na: b\r\n folded: x\r\n\r\n', 'no proper name'],
    ['HTTP/1.1 200 OK\r\na: b\nc: d\r\n\r\n', 'ends oddly'],
    ['HTTP/1.1 200 OK\r\na: b\rc: d\r\n\r\n', 'ends oddly'],
    ['HTTP/1.1 200 OK\r\na: b\0\r\n\r\n', 'control character'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nhello', 'two lengths'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\nhello', 'no number'],
    ['HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello', 'no number'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 0x5\r\n\r\nhello', 'no number'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 9007199254740993\r\n\r\nhello', 'no number'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\nhello', 'beside its chunks'],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\nhello', 'unknown encoding'],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n', 'unknown encoding'],
    ['HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', 'unknown encoding'],
    [`${chunked}x\r\n`, 'no size'],
    [`${chunked}\r\n`, 'no size'],
    [`${chunked}-1\r\n`, 'no size'],
    [`${chunked}1000000000000000\r\n`, 'absurd size'],
    [`${chunked}5x\r\nhello\r\n`, 'no proper size'],
    [`${chunked}5\nhello\r\n`, 'no proper size'],
    [`${chunked}5;a\nhello\r\n`, 'broken extension'],
    [`${chunked}5\rhello\r\n`, 'not as long'],
    [`${chunked}5\r\nhello!\r\n`, 'not as long'],
    [`${chunked}5\r\nhello\n`, 'not as long'],
    [`${chunked}0\r\n\n`, 'trailer is broken'],
    [`${chunked}0\r\na: b\n\r\n`, 'trailer is broken'],
    [`${chunked}0\r\n\rx`, 'not as long'],
  ])('%j is told apart', (text, reason) => {
    expect(readText(text).end).toContain(reason);
  });

  it('comes after what was good before it', () => {
    expect(readText(`${chunked}5\r\nhello\r\noops`)).toMatchObject({ body: 'hello', end: 'a chunk has no size' });
  });

  it('was waited for though its lines end with LF alone, which no end follows', () => {
    expect(readText('HTTP/1.1 200 OK\ncontent-length: 5\n\nhello').end).toContain('ends oddly');
    expect(readText('\nHTTP/1.1 200 OK\r\n').end).toContain('ends oddly');
  });

  it('was waited for though its lines end with CR alone, which no end follows', () => {
    expect(readText('HTTP/1.1 200 OK\rcontent-length: 5\r\rhello').end).toContain('ends oddly');
    expect(readText('HTTP/1.1 200 OK\r\na: b\rc').end).toContain('ends oddly');
    // The other half may be on its way.
    expect(readText('HTTP/1.1 200 OK\r').end).not.toContain('ends oddly');
  });

  it('had one fault or another as it was split, where its last line ends with two CR', () => {
    expect(readText('TTP/1.1 200 OK\r\na: b\r\r\n\r\n').end).toContain('ends oddly');
    expect(readText('HTTP/1.1 200 OK\r\na b\r\nc: d\r\r\n\r\n').end).toContain('ends oddly');
  });

  it('has a head, an extension or a trailer beyond its limit', () => {
    const long = 'x'.repeat(maxHeaderBytes);
    expect(readText(`HTTP/1.1 200 OK\r\na: ${long}\r\n\r\n`).end).toContain('more than 1000 bytes');
    expect(readText(`${chunked}0\r\na: ${long}\r\n\r\n`).end).toContain('more than 1000 bytes');
    expect(read({ pieces: [bytesOf(`${chunked}1;${'x'.repeat(5_000)}`)] }).end).toContain('broken extension');
    const most = 'x'.repeat(maxHeaderBytes - 20);
    expect(read({ pieces: [bytesOf(`HTTP/1.1 204 OK\r\na: ${most}\r\n\r\n`)] }).end).toBe('end');
  });
});

/** Cuts bytes at any places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
  const edges = [0, ...sorted, bytes.length];
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
}

const places = fc.array(fc.nat(2_000), { maxLength: 12 });

describe('any response', () => {
  it('in chunks of any sizes, split anywhere, is the body that was put in', () => {
    const body = fc.array(fc.uint8Array({ minLength: 1, maxLength: 90 }), { maxLength: 8 });
    fc.assert(
      fc.property(body, places, (parts, splits) => {
        const chunks = parts.flatMap((part) => [bytesOf(`${part.length.toString(16)}\r\n`), part, bytesOf('\r\n')]);
        const bytes = Buffer.concat([bytesOf(chunked), ...chunks, bytesOf('0\r\n\r\n')]);
        const seen = read({ pieces: cut(bytes, splits) });
        expect(seen.end).toBe('end');
        expect(bytesOf(seen.body)).toEqual(Buffer.concat(parts));
      }),
    );
  });

  it('however broken, is read the same whatever the splits, and never throws', () => {
    const samples = [
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 12\r\nkeep-alive: timeout=3\r\n\r\nhello, world',
      `${chunked}5\r\nhello\r\n6;x=y\r\n world\r\n0\r\na: b\r\n\r\n`,
      'HTTP/1.0 200 OK\r\nx: y\r\n\r\nuntil the end',
    ];
    const change = fc.tuple(fc.nat(200), fc.constantFrom('\r', '\n', '0', 'f', ':', ' ', '\0', '\x80', '', '\r\n'));
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(change, { maxLength: 4 }),
        places,
        fc.boolean(),
        (text, changes, splits, isClosed) => {
          const broken = changes.reduce((left, [at, put]) => left.slice(0, at) + put + left.slice(at + 1), text);
          const bytes = bytesOf(broken);
          const whole = read({ pieces: [bytes], isClosed });
          const split = read({ pieces: cut(bytes, splits), isClosed });
          // Bytes behind the end may come when nobody listens for them any more.
          expect({ ...split, isReusable: whole.isReusable }).toEqual(whole);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
