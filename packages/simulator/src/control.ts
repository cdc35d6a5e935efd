import type { ServerResponse } from 'node:http';
import { describeAttempt } from './attempt-log.ts';
import type { Behaviour } from './behaviours.ts';
import { behaviourKinds, decodeBehaviour } from './decode-behaviour.ts';
import { scenarios } from './scenarios.ts';
import type { SimulatedRequest } from './simulated-request.ts';
import type { SimulatedHealth, Simulator } from './simulator.ts';

/** Whether a path belongs to the control API and not to the provider that is played. */
export function isControlPath(path: string): boolean {
  return path === '/_sim' || path.startsWith('/_sim/');
}

/** Answers a request to the control API. Never throws: a wrong request is answered 400 with the reason. */
export function answerControl(
  request: SimulatedRequest,
  response: ServerResponse,
  context: { readonly simulator: Simulator; readonly host: string },
): void {
  const action = actions[`${request.method} ${request.path}`];
  try {
    if (action === undefined) {
      send(response, 404, { error: `The control API has ${Object.keys(actions).join(', ')}.` });
      return;
    }
    send(response, 200, action({ request, ...context }));
  } catch (error) {
    send(response, 400, { error: error instanceof Error ? error.message : String(error) });
  }
}

const shownBodyBytes = 65_536;

interface ControlCall {
  readonly request: SimulatedRequest;
  readonly simulator: Simulator;
  readonly host: string;
}

const actions: Readonly<Record<string, (call: ControlCall) => unknown>> = {
  'GET /_sim/attempts': ({ simulator }) => ({
    count: simulator.attemptCount,
    openSockets: simulator.openSockets,
    attempts: simulator.attempts.map((attempt) => describeAttempt(attempt, shownBodyBytes)),
    probes: simulator.probes.map((probe) => describeAttempt(probe, shownBodyBytes)),
  }),
  'DELETE /_sim/attempts': ({ simulator }) => {
    simulator.reset();
    return { reset: true };
  },
  'POST /_sim/behave': (call) => {
    const value = parseBody(call.request);
    const behaviour = value === null ? undefined : decodeItem(value, call.host);
    if (typeof behaviour === 'object' && behaviour.kind === 'reset' && behaviour.when === 'accept') {
      throw new Error('Resetting every connection would lock out this API. Put it into a script, as often as needed.');
    }
    call.simulator.behave(behaviour);
    return { behaviour: behaviour ?? null };
  },
  'POST /_sim/script': (call) => {
    const list = parseBody(call.request);
    if (!Array.isArray(list)) throw new Error('A script is a list of behaviours.');
    call.simulator.script(list.map((item) => decodeItem(item, call.host)));
    return { script: list.length };
  },
  'POST /_sim/health': ({ request, simulator }) => {
    const health = decodeHealth(parseBody(request));
    simulator.setHealth(health);
    return { health };
  },
  'GET /_sim/scenarios': () => ({
    scenarios: scenarios.map(({ name, does, settings }) => ({ name, does, settings })),
    behaviours: Object.entries(behaviourKinds).map(([kind, { does }]) => ({ kind, does })),
  }),
};

function parseBody({ body }: SimulatedRequest): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new Error('The body must be JSON.');
  }
}

function decodeItem(value: unknown, host: string): Behaviour | string {
  if (typeof value === 'string') return value;
  const behaviour = decodeBehaviour(value);
  // Whoever reaches the port could read any file of this machine; from the machine itself that is nothing new.
  if ((behaviour.kind === 'file' || behaviour.kind === 'recording') && !loopback.has(host)) {
    throw new Error(
      `A behaviour of kind "${behaviour.kind}" can be set only while the simulator listens on the loopback.`,
    );
  }
  return behaviour;
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

function decodeHealth(value: unknown): SimulatedHealth {
  const health = typeof value === 'object' && value !== null ? (value as { health?: unknown }).health : value;
  if (health === 'hang' || health === 'reset') return health;
  if (typeof health === 'number' && Number.isInteger(health) && health >= 200 && health <= 599) return health;
  throw new Error('Health is {"health": s} with a status from 200 to 599, "hang" or "reset".');
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`);
}
