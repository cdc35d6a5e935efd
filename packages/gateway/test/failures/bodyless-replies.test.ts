import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawConnection } from '../bad-input/raw-connection.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';

let simulator: Simulator;
let gateway: TestGateway;
let connection: RawConnection;

beforeEach(async () => {
  simulator = await startSimulator();
  gateway = await startTestGateway({
    config: { models: { m: { providers: [{ name: 'one', api_base: `${simulator.url}/v1`, api_key: 'sk-1' }] } } },
  });
  connection = await RawConnection.open(gateway.port);
});
afterEach(async () => {
  connection.close();
  await gateway.stop();
  await simulator.close();
});

/** What comes back for a forwarded request, and that the connection carries another one. */
async function forwarded(method: string, head: string) {
  simulator.behave({ kind: 'raw', wire: true, bytes: `HTTP/1.1 ${head}\r\n\r\n` });
  const fields = 'host: gateway\r\ncontent-type: application/json\r\ncontent-length: 2\r\n';
  await connection.send(
    `${method} /v1/m/some/thing HTTP/1.1\r\n${method === 'POST' ? fields : 'host: gateway\r\n'}\r\n`,
  );
  if (method === 'POST') await connection.send('{}');
  const reply = await connection.reply({ bodiless: true });
  await connection.send('GET /live HTTP/1.1\r\nhost: gateway\r\n\r\n');
  expect(await connection.reply()).toMatchObject({ status: 200 });
  return reply;
}

describe('a forwarded reply without a body', () => {
  it.each(['POST', 'GET'])('had the length of its upstream though it is a 204: %s', async (method) => {
    const { status, headers } = await forwarded(method, '204 No Content\r\ncontent-length: 5\r\netag: "x"');
    expect({ status, etag: headers['etag'] }).toEqual({ status: 204, etag: '"x"' });
    expect(Object.keys(headers)).not.toContain('content-length');
    expect(Object.keys(headers)).not.toContain('transfer-encoding');
  });

  it.each([
    ['GET', '304 Not Modified'],
    ['HEAD', '200 OK'],
  ])('keeps the length that a body would have: %s, %s', async (method, status) => {
    const reply = await forwarded(method, `${status}\r\ncontent-length: 5`);
    expect(reply.headers['content-length']).toBe('5');
  });
});
