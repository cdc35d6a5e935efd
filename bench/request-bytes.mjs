/**
 * The requests that the benchmark sends. The marker in `user` tells the benchmark's upstream how to answer; it survives
 * every subject because a proxy has no business with that field.
 */

/**
 * `wire` is the one that the client speaks; OpenAI's chat when it is not given.
 * @typedef {{
 *   bodyBytes: number, key: string, events?: number, gapMs?: number, model?: string, wire?: 'anthropic-messages',
 * }} RequestShape
 */

/**
 * A whole HTTP/1.1 request whose JSON body has exactly `bodyBytes` bytes (at least about 180). With `events` it asks for
 * a stream of that many events, `gapMs` apart, or all at once when that is 0.
 * @param {RequestShape} shape
 * @returns {Buffer}
 */
export function encodeRequest(shape) {
  const { bodyBytes, key, wire } = shape;
  const opening = wire === undefined ? chatOpening(shape) : messagesOpening(shape);
  const ending = '"}]}';
  const room = bodyBytes - opening.length - ending.length;
  if (room < 1) throw new Error(`A body of ${bodyBytes} bytes is too small for a request.`);
  const sentence = 'The quick brown fox jumps over the lazy dog. ';
  const body = opening + sentence.repeat(Math.ceil(room / sentence.length)).slice(0, room) + ending;
  const head = [
    `POST ${wire === undefined ? '/v1/chat/completions' : '/v1/messages'} HTTP/1.1`,
    'host: bench.local',
    `authorization: Bearer ${key}`,
    'content-type: application/json',
    'accept: */*',
    'user-agent: bench/1',
    `content-length: ${body.length}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

/** @param {RequestShape} shape */
function chatOpening({ events, gapMs = 0, model = 'bench-model' }) {
  const streamed = events === undefined ? '' : `"user":"bench:${events}:${gapMs}","stream":true,`;
  return `{${streamed}"model":"${model}","temperature":0.7,"max_tokens":256,"messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":"`;
}

/**
 * The same question on Anthropic's wire; its word for the user is translated into the marker.
 * @param {RequestShape} shape
 */
function messagesOpening({ events, gapMs = 0, model = 'bench-model' }) {
  const streamed = events === undefined ? '' : `"metadata":{"user_id":"bench:${events}:${gapMs}"},"stream":true,`;
  return `{${streamed}"model":"${model}","temperature":0.7,"max_tokens":256,"system":"You are a helpful assistant.","messages":[{"role":"user","content":"`;
}
