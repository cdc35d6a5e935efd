/**
 * The provider of the benchmark: raw TCP, canned replies, as cheap as possible, so that the machine is left to the
 * subject. Every event of a stream is an HTTP chunk of its own, as real providers send them.
 */
import { createServer } from 'node:net';

const HEAD_LIMIT = 65_536;
/** The stream marker and `stream_options` are looked for in this much of a body. */
const PREFIX_BYTES = 1_024;
const CACHED_STREAMS = 64;
const WHEEL_SLOTS = 1_024;

const reply = (/** @type {string} */ status, /** @type {string} */ type, /** @type {string} */ body) =>
  Buffer.from(`HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`, 'latin1');

const answer = 'The benchmark answers with a sentence of ordinary length, as a model would. '.repeat(4).trim();
const completion = reply(
  '200 OK',
  'application/json',
  `{"id":"chatcmpl-bench00000000000000000000","object":"chat.completion","created":1760000000,"model":"bench-model","choices":[{"index":0,"message":{"role":"assistant","content":"${answer}","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":64,"total_tokens":106,"prompt_tokens_details":{"cached_tokens":0}},"service_tier":"default","system_fingerprint":"fp_bench"}`,
);
const models = reply(
  '200 OK',
  'application/json',
  '{"object":"list","data":[{"id":"bench-model","object":"model","created":1760000000,"owned_by":"bench"}]}',
);
const lengthRequired = reply('411 Length Required', 'text/plain', 'Send content-length.');

const streamHead = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\nx-accel-buffering: no\r\ntransfer-encoding: chunked\r\n\r\n',
  'latin1',
);
const chunk = (/** @type {string} */ text) => `${text.length.toString(16)}\r\n${text}\r\n`;
const event = (/** @type {string} */ rest) =>
  chunk(
    `data: {"id":"chatcmpl-bench00000000000000000000","object":"chat.completion.chunk","created":1760000000,"model":"bench-model","service_tier":"default","system_fingerprint":"fp_bench",${rest}}\n\n`,
  );
const contentText = event('"choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}]');
const content = Buffer.from(contentText, 'latin1');
const finishText = event('"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]');
const usageText = event('"choices":[],"usage":{"prompt_tokens":42,"completion_tokens":64,"total_tokens":106}');
const doneText = `${chunk('data: [DONE]\n\n')}0\r\n\r\n`;

const messagesUsage =
  '{"input_tokens":42,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":64}';
const message = reply(
  '200 OK',
  'application/json',
  `{"id":"msg_bench000000000000000000","type":"message","role":"assistant","model":"bench-messages","content":[{"type":"text","text":"${answer}"}],"stop_reason":"end_turn","stop_sequence":null,"usage":${messagesUsage}}`,
);
const messagesEvent = (/** @type {string} */ type, /** @type {string} */ rest) =>
  chunk(`event: ${type}\ndata: {"type":"${type}"${rest}}\n\n`);
const messagesStart =
  messagesEvent(
    'message_start',
    `,"message":{"id":"msg_bench000000000000000000","type":"message","role":"assistant","model":"bench-messages","content":[],"stop_reason":null,"stop_sequence":null,"usage":${messagesUsage}}`,
  ) + messagesEvent('content_block_start', ',"index":0,"content_block":{"type":"text","text":""}');
const messagesDelta = messagesEvent('content_block_delta', ',"index":0,"delta":{"type":"text_delta","text":" word"}');
const messagesEnding =
  messagesEvent('content_block_stop', ',"index":0') +
  messagesEvent('message_delta', `,"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":${messagesUsage}`) +
  `${messagesEvent('message_stop', '')}0\r\n\r\n`;

/** @typedef {{ events: number, gapMs: number, usage: boolean }} StreamPlan */

/** @param {StreamPlan} plan */
const ending = (plan) => Buffer.from(finishText + (plan.usage ? usageText : '') + doneText, 'latin1');
const endings = {
  plain: ending({ events: 0, gapMs: 0, usage: false }),
  usage: ending({ events: 0, gapMs: 0, usage: true }),
};

/** @type {Map<string, Buffer>} */
const wholeStreams = new Map();

/** @param {StreamPlan} plan */
function wholeStream(plan) {
  const name = `${plan.events}:${plan.usage}`;
  let bytes = wholeStreams.get(name);
  if (bytes === undefined) {
    bytes = Buffer.concat([streamHead, Buffer.from(contentText.repeat(plan.events - 1), 'latin1'), ending(plan)]);
    if (wholeStreams.size >= CACHED_STREAMS) wholeStreams.clear();
    wholeStreams.set(name, bytes);
  }
  return bytes;
}

/**
 * A stream of Anthropic's wire with as many deltas as a chat stream of that many events has.
 * @param {number} events
 */
function wholeMessagesStream(events) {
  const name = `messages:${events}`;
  let bytes = wholeStreams.get(name);
  if (bytes === undefined) {
    const text = messagesStart + messagesDelta.repeat(events - 1) + messagesEnding;
    bytes = Buffer.concat([streamHead, Buffer.from(text, 'latin1')]);
    wholeStreams.set(name, bytes);
  }
  return bytes;
}

/**
 * All paced streams share one timer and a wheel of milliseconds: a timer for each stream would cost more than the write.
 */
class Pacer {
  constructor() {
    /** @type {{ connection: Connection, left: number, plan: StreamPlan }[][]} */
    this.wheel = Array.from({ length: WHEEL_SLOTS }, () => []);
    this.active = 0;
    this.tick = 0;
    /** @type {NodeJS.Timeout | undefined} */
    this.timer = undefined;
  }

  /**
   * @param {Connection} connection
   * @param {StreamPlan} plan
   */
  start(connection, plan) {
    const now = Math.floor(performance.now());
    if (this.timer === undefined) {
      this.tick = now;
      this.timer = setInterval(() => this.advance(), 1);
    }
    this.active += 1;
    const first = plan.events === 1 ? endings[plan.usage ? 'usage' : 'plain'] : content;
    connection.socket.write(Buffer.concat([streamHead, first]));
    if (plan.events === 1) this.finish(connection);
    else this.schedule({ connection, left: plan.events - 1, plan }, now + plan.gapMs);
  }

  /**
   * @param {{ connection: Connection, left: number, plan: StreamPlan }} stream
   * @param {number} due
   */
  schedule(stream, due) {
    /** @type {unknown[]} */ (this.wheel[Math.max(due, this.tick + 1) % WHEEL_SLOTS]).push(stream);
  }

  advance() {
    const now = Math.floor(performance.now());
    while (this.tick < now) {
      this.tick += 1;
      const slot = this.tick % WHEEL_SLOTS;
      const due = /** @type {typeof this.wheel[0]} */ (this.wheel[slot]);
      if (due.length === 0) continue;
      this.wheel[slot] = [];
      for (const stream of due) this.send(stream);
    }
  }

  /** @param {{ connection: Connection, left: number, plan: StreamPlan }} stream */
  send(stream) {
    const { connection, plan } = stream;
    if (connection.socket.destroyed) return this.finish(connection);
    stream.left -= 1;
    if (stream.left > 0) {
      connection.socket.write(content);
      this.schedule(stream, this.tick + plan.gapMs);
    } else {
      connection.socket.write(endings[plan.usage ? 'usage' : 'plain']);
      this.finish(connection);
    }
  }

  /** @param {Connection} connection */
  finish(connection) {
    connection.isStreaming = false;
    this.active -= 1;
    if (this.active === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }
}

const pacer = new Pacer();
const seen = { requests: 0, connections: 0 };

/** One keep-alive connection. Requests are not pipelined, so bytes after a body belong to the next request. */
class Connection {
  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.socket = socket;
    this.remaining = 0;
    this.isStreaming = false;
    this.isMessages = false;
    this.prefix = '';
    /** @type {Buffer | undefined} */
    this.pending = undefined;
  }

  /** @param {Buffer} bytes */
  push(bytes) {
    if (this.remaining > 0) {
      this.takeBody(bytes);
      return;
    }
    const head = this.pending === undefined ? bytes : Buffer.concat([this.pending, bytes]);
    const end = head.indexOf('\r\n\r\n', 0, 'latin1');
    if (end === -1) {
      this.pending = head;
      if (head.length > HEAD_LIMIT) this.socket.destroy();
      return;
    }
    this.pending = undefined;
    const text = head.toString('latin1', 0, end);
    if (text.startsWith('GET ')) {
      this.socket.write(models);
      return;
    }
    const length = /\r\ncontent-length: *(\d+)/i.exec(text);
    if (length === null) {
      this.socket.end(lengthRequired);
      return;
    }
    this.isMessages = text.startsWith('POST /v1/messages ');
    this.remaining = Number(length[1]);
    this.prefix = '';
    this.takeBody(head.subarray(end + 4));
  }

  /** @param {Buffer} bytes */
  takeBody(bytes) {
    const wanted = Math.min(bytes.length, PREFIX_BYTES - this.prefix.length);
    if (wanted > 0) this.prefix += bytes.toString('latin1', 0, wanted);
    this.remaining -= bytes.length;
    if (this.remaining <= 0) this.answer();
  }

  answer() {
    this.remaining = 0;
    seen.requests += 1;
    const marker = this.prefix.includes('"bench:') ? /"user(?:_id)?": ?"bench:(\d+):(\d+)"/.exec(this.prefix) : null;
    if (marker === null) {
      this.socket.write(this.isMessages ? message : completion);
      return;
    }
    if (this.isMessages) {
      this.socket.write(wholeMessagesStream(Math.max(1, Number(marker[1]))));
      return;
    }
    const usage = this.prefix.includes('"include_usage":true') || this.prefix.includes('"include_usage": true');
    const plan = { events: Math.max(1, Number(marker[1])), gapMs: Number(marker[2]), usage };
    if (plan.gapMs === 0) {
      this.socket.write(wholeStream(plan));
    } else if (plan.gapMs >= WHEEL_SLOTS) {
      this.socket.destroy();
    } else {
      this.isStreaming = true;
      pacer.start(this, plan);
    }
  }
}

function listen() {
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = new Connection(socket);
    seen.connections += 1;
    socket.on('data', (bytes) => connection.push(/** @type {Buffer} */ (/** @type {unknown} */ (bytes))));
    // Subjects are killed while they hold connections; a reset says nothing about the measurement.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      seen.connections -= 1;
    });
  });
  return new Promise((/** @type {(port: number) => void} */ resolve, reject) => {
    server.on('error', reject);
    server.listen({ port: 0, host: '127.0.0.1', backlog: 2_048 }, () => {
      resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
    });
  });
}

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  if (message === 'status') process.send?.({ kind: 'status', ...seen, streams: pacer.active });
});
process.send?.({ kind: 'ready', ports: [await listen(), await listen()] });
