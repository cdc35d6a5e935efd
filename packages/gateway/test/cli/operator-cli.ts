import { afterAll, afterEach, beforeAll } from 'vitest';
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts';
import { runCli } from './run-cli.ts';

/** The command line of an operator whose gateway is a fake one, the same for all tests of a file. */
export function useOperatorCli() {
  let gateway: FakeGateway;
  beforeAll(async () => {
    gateway = await startFakeGateway();
  });
  afterEach(() => gateway.reset());
  afterAll(() => gateway.close());
  return {
    /** There from the first test on. */
    get gateway(): FakeGateway {
      return gateway;
    },
    run: (...argv: string[]) => runCli(argv, { env: { GATEWAY_URL: gateway.url, GATEWAY_API_KEY: 'operators' } }),
  };
}
