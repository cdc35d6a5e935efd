const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** The end of a chunked body (RFC 9112, section 7.1): its last bytes, where there are any, and trailer fields, as lines. */
export function frameEnd(bytes: Buffer | undefined, fields: string): Buffer {
  const last = fields === '' ? LAST_CHUNK : Buffer.from(`0\r\n${fields}\r\n`, 'latin1');
  return bytes === undefined || bytes.length === 0 ? last : Buffer.concat([frameChunk(bytes), last]);
}

const CR = 13;
const LF = 10;

/** One chunk of a chunked body: its length in hexadecimal, its bytes, and both line ends, in one buffer. */
export function frameChunk(bytes: Buffer): Buffer {
  const size = bytes.length.toString(16);
  const framed = Buffer.allocUnsafe(size.length + bytes.length + 4);
  let index = framed.write(size, 0, 'latin1');
  framed[index++] = CR;
  framed[index++] = LF;
  index += bytes.copy(framed, index);
  framed[index++] = CR;
  framed[index] = LF;
  return framed;
}
