import { GatewayError } from '../../canonical/gateway-error.ts';

/** The error of a field whose value cannot be; `fault` goes on after its name. */
export function invalidField(param: string, fault: string): GatewayError {
  return new GatewayError('invalid_request', `\`${param}\` ${fault}.`, { param });
}
