import type { Behaviour, WireErrorFields } from '@llm-gateway/simulator';
import { answerText } from '@llm-gateway/simulator';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import {
  callWire,
  complaints,
  type FailingModel,
  modelName,
  startWireBench,
  type WireBench,
  wirePairs,
  words,
} from './wire-bench.ts';
import { judgeStream } from './wire-verdict.ts';

/** What a provider tells in a stream that began with 200. */
interface Told {
  readonly message: string;
  readonly status: number;
  /** How its wires name it: OpenAI's code, Anthropic's type, Google's status, AWS's exception. */
  readonly code: string;
  readonly type: string;
  readonly google: string;
  readonly exception: string;
}

const told: Readonly<Record<string, Told>> = {
  context: {
    message: 'prompt is too long: 9000 tokens > 8192 maximum',
    status: 400,
    code: 'context_length_exceeded',
    type: 'invalid_request_error',
    google: 'INVALID_ARGUMENT',
    exception: 'validationException',
  },
  rate: {
    message: 'Rate limit reached, please slow down',
    status: 429,
    code: 'rate_limit_exceeded',
    type: 'rate_limit_error',
    google: 'RESOURCE_EXHAUSTED',
    exception: 'throttlingException',
  },
  overload: {
    message: 'The model is overloaded',
    status: 503,
    code: 'overloaded',
    type: 'overloaded_error',
    google: 'UNAVAILABLE',
    exception: 'serviceUnavailableException',
  },
};

/** How each client names the classes in the last event of a stream. */
const names: Readonly<Record<ProtocolName, Readonly<Record<string, string>>>> = {
  'openai-chat': { context: '"invalid_request"', rate: '"rate_limit_exceeded"', overload: '"upstream_overloaded"' },
  'openai-responses': {
    context: '"invalid_request"',
    rate: '"rate_limit_exceeded"',
    overload: '"upstream_overloaded"',
  },
  'anthropic-messages': {
    context: '"invalid_request_error"',
    rate: '"rate_limit_error"',
    overload: '"overloaded_error"',
  },
  gemini: { context: '"INVALID_ARGUMENT"', rate: '"RESOURCE_EXHAUSTED"', overload: '"UNAVAILABLE"' },
  'bedrock-converse': {
    context: 'validationException',
    rate: 'throttlingException',
    overload: 'serviceUnavailableException',
  },
  // It has a sentence only.
  'cohere-chat': { context: 'context window', rate: 'limits the rate', overload: 'is overloaded' },
};

function fieldsFor(wire: ProtocolName, { message, status, code, google, exception }: Told): WireErrorFields {
  if (wire === 'bedrock-converse') return { message, type: exception };
  return wire === 'gemini' ? { message, code: status, type: google } : { message, code };
}

function play(wire: ProtocolName, fault: string): Behaviour {
  const [kind = '', place] = fault.split('-');
  const what = told[kind]!;
  const afterTokens = place === 'late' ? 3 : 0;
  if (wire !== 'anthropic-messages') return { kind: 'error-event', afterTokens, error: fieldsFor(wire, what) };
  const { type, message } = what;
  const begun = { type: 'message_start', message: { id: 'm', role: 'assistant', content: [], usage: {} } };
  const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
  const delta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: answerText(3) } };
  const error = { type: 'error', error: { type, message } };
  const events = [begun, ...(afterTokens > 0 ? [block, delta] : []), error];
  const bytes = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
  return { kind: 'raw', bytes, headers: { 'content-type': 'text/event-stream' } };
}

const faults = Object.keys(told).flatMap((kind) => [kind, `${kind}-late`]);
const modelOf = (wire: ProtocolName, fault: string): FailingModel => ({ wire, fault, rescue: undefined });

let bench: WireBench;
beforeAll(async () => {
  const models = protocolNames.flatMap((wire) => faults.map((fault) => modelOf(wire, fault)));
  bench = await startWireBench({ models, behaviours: {} });
  bench.simulator.behave(({ model }) => {
    const [, fault = '', wire = ''] = model.split('.');
    return play(wire as ProtocolName, fault);
  });
});
beforeEach(() => bench.gateway.health.retain([]));
afterAll(() => bench.stop());

const ask = ({ caller, upstream }: (typeof wirePairs)[number], fault: string) =>
  callWire(bench.gateway.url, caller, { model: modelName(modelOf(upstream, fault)), stream: true });

it.each(wirePairs)('what $upstream tells before its first word has a status for a client of $client', async (pair) => {
  const found = await complaints(
    Object.entries(told).map(([fault, { status, message }]) => {
      const check = async () => {
        const reply = await ask(pair, fault);
        const said = pair.caller.readError(JSON.parse(reply.body.toString()));
        expect({ status: reply.status, said }).toEqual({ status, said: expect.stringMatching(/./) });
        if (fault === 'context') expect(said).toContain(message);
        else expect(reply.headers['retry-after']).toBe('1');
        return [];
      };
      return [fault, check] as const;
    }),
  );
  expect(found).toEqual([]);
});

it.each(wirePairs)('what $upstream tells after it keeps its class for a client of $client', async (pair) => {
  const { caller } = pair;
  const found = await complaints(
    Object.keys(told).map((fault) => {
      const check = async () => {
        const reply = await ask(pair, `${fault}-late`);
        const verdict = judgeStream(caller, reply.body, answerText(words));
        expect(verdict).toMatchObject({ kind: 'honest error', text: answerText(3) });
        expect(reply.body.subarray(-600).toString('latin1')).toContain(names[caller.wire][fault]);
        return [];
      };
      return [fault, check] as const;
    }),
  );
  expect(found).toEqual([]);
});
