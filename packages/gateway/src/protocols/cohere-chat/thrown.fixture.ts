import { GatewayError } from '../../canonical/gateway-error.ts';

/** The error that the gateway refuses something with. */
export function errorOf(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
