import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A base URL on the loopback where connections are refused: the port was free a moment ago. Rejects when none is. */
export async function refusingUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}
