/**
 * The least a gateway on this stack can do, and the yardstick for it: node:http in front, undici's dispatch behind, one
 * JSON.parse of the request and of a whole reply, one look-up of the key, bytes forwarded as they come.
 * Usage: node bare-proxy.mjs PORT UPSTREAM_ORIGIN KEY
 */
import { createServer } from 'node:http';
import { Pool } from 'undici';

const [port, origin, key] = process.argv.slice(2);
if (port === undefined || origin === undefined || key === undefined) {
  throw new Error('Usage: node bare-proxy.mjs PORT UPSTREAM_ORIGIN KEY');
}

const keys = new Map([[`Bearer ${key}`, { name: 'bench' }]]);
const pool = new Pool(origin, { pipelining: 1, keepAliveTimeout: 60_000, headersTimeout: 60_000, bodyTimeout: 60_000 });

/** Forwards one reply to a client. */
class Relay {
  /** @param {import('node:http').ServerResponse} response */
  constructor(response) {
    this.response = response;
    /** @type {Buffer[] | undefined} the parts of a whole reply; undefined for a stream */
    this.parts = undefined;
  }

  onRequestStart() {}

  /**
   * @param {import('undici').Dispatcher.DispatchController} controller
   * @param {number} status
   * @param {import('node:http').IncomingHttpHeaders} headers
   */
  onResponseStart(controller, status, headers) {
    const type = headers['content-type'] ?? 'application/octet-stream';
    const length = headers['content-length'];
    if (length === undefined) {
      this.response.writeHead(status, { 'content-type': type });
      this.response.on('drain', () => controller.resume());
      this.response.on('close', () => controller.abort(new Error('The client has left.')));
    } else {
      this.parts = [];
      this.response.writeHead(status, { 'content-type': type, 'content-length': length });
    }
  }

  /**
   * @param {import('undici').Dispatcher.DispatchController} controller
   * @param {Buffer} bytes
   */
  onResponseData(controller, bytes) {
    if (this.parts !== undefined) this.parts.push(bytes);
    else if (!this.response.write(bytes)) controller.pause();
  }

  onResponseEnd() {
    if (this.parts === undefined) {
      this.response.end();
      return;
    }
    const body = this.parts.length === 1 ? /** @type {Buffer} */ (this.parts[0]) : Buffer.concat(this.parts);
    JSON.parse(body.toString());
    this.response.end(body);
  }

  onResponseError() {
    if (this.response.headersSent) this.response.destroy();
    else this.response.writeHead(502).end();
  }
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {Buffer} body
 */
function forward(request, response, body) {
  if (keys.get(request.headers.authorization ?? '') === undefined) {
    response.writeHead(401).end();
    return;
  }
  JSON.parse(body.toString());
  const headers = { 'content-type': 'application/json', authorization: 'Bearer upstream-key' };
  pool.dispatch({ method: 'POST', path: request.url ?? '/', headers, body }, new Relay(response));
}

const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 }, (request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
    return;
  }
  /** @type {Buffer[]} */
  const parts = [];
  request.on('data', (bytes) => parts.push(bytes));
  request.on('end', () =>
    forward(request, response, parts.length === 1 ? /** @type {Buffer} */ (parts[0]) : Buffer.concat(parts)),
  );
});

process.on('disconnect', () => process.exit(0));
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 2_048 });
