import { GatewayError } from '../../canonical/gateway-error.ts';

/** The refusal for a thing that is not there, or not for who asks. */
export function notFound(thing: string, id: string): GatewayError {
  return new GatewayError('not_found', `There is no ${thing} with the id ${JSON.stringify(id.slice(0, 128))}.`);
}
