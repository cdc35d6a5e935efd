/**
 * A text without the byte order mark that a server may have put before it. JSON has none (RFC 8259, 8.1), so most clients
 * cannot read what begins with one, and whoever reads JSON may pass over it.
 */
export function withoutOrderMark(text: Buffer): Buffer {
  return text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? text.subarray(3) : text;
}
