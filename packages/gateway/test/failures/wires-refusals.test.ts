import type { Behaviour } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import {
  callWire,
  complaints,
  type FailingModel,
  keyOf,
  modelName,
  startWireBench,
  type WireBench,
  wirePairs,
} from './wire-bench.ts';
import type { WireCaller } from './wire-callers.ts';

/** What the provider says of a request, with what it should not say. */
function said(wire: ProtocolName, fault: string): string {
  const { reason } = refusals[fault]!;
  const key = keyOf({ wire, fault, rescue: undefined });
  return `${reason} (asked with ${key} at https://me:hidden@inner.example/v1?key=${key})`;
}

interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly error?: { readonly code?: string; readonly type?: string };
  /** The code that OpenAI's envelope names it by. */
  readonly code: string;
}

const refusals: Readonly<Record<string, Refusal>> = {
  context: {
    status: 400,
    reason: "This model's maximum context length is 8192 tokens; you asked for 9000.",
    error: { code: 'context_length_exceeded' },
    code: 'context_exceeded',
  },
  'context-in-words': {
    status: 400,
    reason: 'prompt is too long: 210000 tokens > 200000 maximum',
    code: 'context_exceeded',
  },
  content: {
    status: 400,
    reason: 'Your request was rejected by our content policy.',
    error: { code: 'content_policy_violation' },
    code: 'content_refused',
  },
  invalid: { status: 400, reason: 'temperature: must be at most 2', code: 'caller_fault' },
  unprocessable: { status: 422, reason: 'messages: the list is empty', code: 'caller_fault' },
  missing: { status: 404, reason: 'The model `nothing` does not exist.', code: 'model_gone' },
};

let bench: WireBench;
beforeAll(async () => {
  const models = protocolNames.flatMap((wire) =>
    Object.keys(refusals).map((fault) => ({ wire, fault, rescue: undefined })),
  );
  bench = await startWireBench({ models, behaviours: {} });
  bench.simulator.behave(({ model }): Behaviour => {
    const [, fault = '', wire = ''] = model.split('.');
    const { status, error } = refusals[fault]!;
    return { kind: 'status', status, error: { ...error, message: said(wire as ProtocolName, fault) } };
  });
});
afterAll(async () => {
  const logged = bench.gateway.rawLog();
  await bench.stop();
  expect(logged).not.toContain('key-of-');
  expect(logged).not.toContain('hidden');
});

interface Case {
  readonly caller: WireCaller;
  readonly model: FailingModel;
  readonly stream: boolean;
}

async function expectTold({ caller, model, stream }: Case): Promise<readonly string[]> {
  const { status, reason, code } = refusals[model.fault]!;
  const reply = await callWire(bench.gateway.url, caller, { model: modelName(model), stream });
  const text = reply.body.toString();
  const value: unknown = JSON.parse(text);
  const message = caller.readError(value);
  expect({ status: reply.status, type: reply.headers['content-type'], isCut: reply.isCut }).toEqual({
    status,
    type: expect.stringMatching(/^application\/json/),
    isCut: false,
  });
  expect(message).toContain(reason);
  expect(text).not.toContain(keyOf(model));
  // What a provider says in the caller's own wire is the caller's, but for the gateway's secrets.
  if (caller.wire !== model.wire) {
    expect(message).toMatch(/^The provider refused the request: /);
    expect(message).not.toMatch(/hidden@|\?key=/);
    expect(message).toContain('https://inner.example/v1');
  }
  if (caller.wire === 'openai-chat' && model.wire !== 'openai-chat') expect(value).toMatchObject({ error: { code } });
  if (caller.wire === 'bedrock-converse') {
    expect(reply.headers['x-amzn-errortype']).toMatch(
      status === 404 ? /^ResourceNotFoundException/ : /^ValidationException/,
    );
  }
  expect(reply.headers['x-gateway-attempts']).toMatch(new RegExp(`^\\S+ ${code} ${status}$`));
  return [];
}

it.each(wirePairs)(
  'a client of $client is told what $upstream finds wrong with its request',
  async ({ caller, upstream }) => {
    const cases = Object.keys(refusals).flatMap((fault) =>
      [true, false].map((stream): Case => ({ caller, model: { wire: upstream, fault, rescue: undefined }, stream })),
    );
    const checks = cases.map((one) => [`${one.model.fault}, ${one.stream}`, () => expectTold(one)] as const);
    expect(await complaints(checks)).toEqual([]);
  },
);
