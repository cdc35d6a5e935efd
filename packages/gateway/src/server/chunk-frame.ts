/** The end of a chunked body (RFC 9112, section 7.1). */
export const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** The same with trailer fields (RFC 9112, section 7.1.2), each of which ends with a line break. */
export function lastChunkWith(fields: string): Buffer {
  return Buffer.from(`0\r\n${fields}\r\n`, 'latin1');
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
