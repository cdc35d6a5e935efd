import { crc32 } from 'node:zlib';

/** One message of a binary event stream. */
export interface EventMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
}

/** Reads the messages of a binary event stream. Throws when a checksum is wrong or the last one is not whole. */
export function readEventStream(bytes: Buffer): EventMessage[] {
  const messages: EventMessage[] = [];
  for (let at = 0; at < bytes.length; ) {
    const total = bytes.readUInt32BE(at);
    const message = bytes.subarray(at, at + total);
    if (message.length < total) throw new Error('The last message is cut.');
    const headersEnd = 12 + message.readUInt32BE(4);
    if (message.readUInt32BE(8) !== crc32(message.subarray(0, 8))) throw new Error('The lengths are damaged.');
    if (message.readUInt32BE(total - 4) !== crc32(message.subarray(0, -4))) throw new Error('The message is damaged.');
    messages.push({
      headers: readHeaders(message.subarray(12, headersEnd)),
      payload: message.subarray(headersEnd, -4).toString('utf8'),
    });
    at += total;
  }
  return messages;
}

function readHeaders(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = at + 1 + bytes.readUInt8(at);
    const valueStart = nameEnd + 3;
    const valueEnd = valueStart + bytes.readUInt16BE(nameEnd + 1);
    headers[bytes.subarray(at + 1, nameEnd).toString('utf8')] = bytes.subarray(valueStart, valueEnd).toString('utf8');
    at = valueEnd;
  }
  return headers;
}
