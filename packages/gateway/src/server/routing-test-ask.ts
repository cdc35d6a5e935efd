import type { Clock } from '../canonical/clock.ts';
import type { Principal } from '../canonical/exchange.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import { isObject, type JsonObject } from '../canonical/json.ts';
import { type Operation, operations } from '../canonical/operation.ts';
import { type ProtocolName, protocolNames } from '../canonical/protocol-name.ts';
import type { AuthConfig } from '../config/gateway-config.ts';
import { Exchange } from '../exchange.ts';
import { ParsedBody } from '../parsed-body.ts';
import { findProtocol, usualProtocol } from '../protocols/find-protocol.ts';
import { clientPaths } from '../protocols/match-client-path.ts';
import { readBodyFacts } from '../protocols/openai-chat/read-facts.ts';
import type { ReplySink } from '../relay/reply-sink.ts';

/** A request of which somebody wants to know where it would go. */
export interface RoutingTestAsk {
  readonly model: string | undefined;
  readonly tenant: string | undefined;
  /** Name of a caller's key, not the key. */
  readonly key: string | undefined;
  readonly operation: Operation;
  readonly protocol: ProtocolName;
  readonly stream: boolean | undefined;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** What would be sent; undefined: nothing is known of it. */
  readonly body: JsonObject | undefined;
}

const known = ['model', 'tenant', 'key', 'operation', 'protocol', 'stream', 'headers', 'messages', 'body'];
const longestName = 256;

/** Reads what was sent to ask. Throws GatewayError `invalid_request` with the field at fault. */
export function readRoutingTest(given: unknown): RoutingTestAsk {
  if (!isObject(given)) throw new GatewayError('invalid_request', 'The request body must be a JSON object.');
  const stranger = Object.keys(given).find((name) => !known.includes(name));
  if (stranger !== undefined) throw invalid(stranger.slice(0, 40), `is not known here; there are ${known.join(', ')}`);
  const body = bodyOf(given);
  const ownModel = typeof body?.['model'] === 'string' ? body['model'] : undefined;
  const protocol = choice(given, 'protocol', protocolNames) ?? usualProtocol;
  const operation = choice(given, 'operation', operations) ?? 'chat';
  if (!clientPaths[protocol].some((path) => path.operation === operation)) {
    throw invalid('operation', `${operation} is not asked for over ${protocol}`);
  }
  return {
    model: text(given, 'model') ?? (ownModel || undefined),
    tenant: text(given, 'tenant'),
    key: text(given, 'key'),
    operation,
    protocol,
    stream: flag(given, 'stream'),
    headers: headersOf(given['headers']),
    body,
  };
}

/** What is asked as an exchange of its own, which is never served: nobody waits for its answer. */
export function exchangeOf(ask: RoutingTestAsk, clock: Clock, keys: AuthConfig['keys']): Exchange {
  const { body, headers, model, operation, protocol } = ask;
  const path = clientPaths[protocol].find((one) => one.operation === operation)!;
  const exchange = new Exchange({
    id: 'routing-test',
    clock,
    method: 'POST',
    url: path.pattern,
    headers,
    rawHeaders: Object.entries(headers).flat(),
    operation,
    protocol,
    streamAsk: 'body',
    pathModel: model,
    tail: path.tail,
    query: '',
    clientAddress: '',
    peerAddress: '',
    sink: nobody,
  });
  exchange.principal = principalOf(ask, keys);
  const facts = body === undefined ? noFacts : factsOf(body, ask);
  exchange.facts = { ...facts, model, stream: ask.stream ?? facts.stream };
  exchange.requestedModel = model;
  if (body !== undefined) {
    exchange.body = Buffer.from(JSON.stringify(body));
    exchange.parsedBody = new ParsedBody(body);
  }
  return exchange;
}

const noFacts = { model: undefined, stream: false, includeUsage: false, choices: 1 };

function factsOf(body: JsonObject, { operation, protocol }: RoutingTestAsk) {
  return operation === 'chat' ? findProtocol(protocol).client.readFacts(body) : readBodyFacts(body, operation);
}

function principalOf({ key, tenant }: RoutingTestAsk, keys: AuthConfig['keys']): Principal {
  if (key === undefined) return { kind: 'anonymous', name: 'anonymous', identity: 'anonymous', tenant };
  const configured = keys.find(({ name }) => name === key);
  const identity = configured?.sha256.toLowerCase() ?? 'anonymous';
  return { kind: 'key', name: key, identity, tenant: tenant ?? configured?.tenant };
}

/** The body as it would be sent: given whole, or as its messages alone. */
function bodyOf(given: JsonObject): JsonObject | undefined {
  const { body, messages } = given;
  if (body !== undefined && messages !== undefined) throw invalid('body', 'and `messages` cannot both be given');
  if (messages !== undefined) return { messages };
  if (body === undefined || isObject(body)) return body;
  throw invalid('body', 'must be an object');
}

function headersOf(given: unknown): Readonly<Record<string, string>> {
  if (given === undefined) return {};
  if (!isObject(given)) throw invalid('headers', 'must be an object of names and values');
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      if (typeof value !== 'string') throw invalid('headers', 'must be an object of names and values');
      return [name.toLowerCase(), value];
    }),
  );
}

function text(given: JsonObject, name: string): string | undefined {
  const value = given[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw invalid(name, 'must be a string');
  if (value.length > longestName) throw invalid(name, `is longer than ${longestName} characters`);
  return value;
}

function flag(given: JsonObject, name: string): boolean | undefined {
  const value = given[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalid(name, 'must be true or false');
}

function choice<Name extends string>(given: JsonObject, name: string, names: readonly Name[]): Name | undefined {
  const value = text(given, name);
  const found = names.find((one) => one === value);
  if (value !== undefined && found === undefined) throw invalid(name, `must be one of ${names.join(', ')}`);
  return found;
}

function invalid(param: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', `\`${param}\` ${problem}.`, { param });
}

const nobody: ReplySink = { head: () => {}, write: () => true, end: () => {}, cut: () => {}, onDrain: () => {} };
