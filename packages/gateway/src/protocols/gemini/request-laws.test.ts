import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { decode, encode } from './requests.fixture.ts';

const name = fc.stringMatching(/^[a-z_]{1,20}$/);
const result = fc.oneof(
  fc.string().map((value) => ({ result: value })),
  fc.string().map((error) => ({ error })),
  fc.dictionary(name, fc.oneof(fc.string(), fc.integer()), { minKeys: 2 }),
);

/** Calls at once, some with ids, and their results in the same order. */
const round = fc
  .array(fc.record({ name, args: fc.dictionary(name, fc.integer()), id: fc.option(fc.uuid()), result }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((calls): JsonObject[] => [
    {
      role: 'model',
      parts: calls.map(({ name, args, id }) => ({ functionCall: { ...(id === null ? {} : { id }), name, args } })),
    },
    {
      role: 'user',
      parts: calls.map(({ name, id, result: response }) => ({
        functionResponse: { ...(id === null ? {} : { id }), name, response },
      })),
    },
  ]);

test('rounds of calls come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(round, { minLength: 1, maxLength: 3 }), (rounds) => {
      const contents = [{ role: 'user', parts: [{ text: 'Go' }] }, ...rounds.flat()];
      const request = decode({ contents });
      expect(encode(request)).toEqual({ contents });
      const parts = request.turns.flatMap((turn) => turn.parts);
      const calls = parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []));
      expect(parts.flatMap((part) => (part.type === 'tool-result' ? [part.callId] : [])).sort()).toEqual(calls.sort());
    }),
  );
});

test('what is no request is refused in words, whatever it is', () => {
  const members = [
    ...[
      'contents',
      'role',
      'parts',
      'text',
      'thought',
      'thoughtSignature',
      'functionCall',
      'function_response',
      'name',
      'args',
    ],
    ...[
      'response',
      'inline_data',
      'mimeType',
      'data',
      'fileData',
      'fileUri',
      'tools',
      'functionDeclarations',
      'parameters',
      'type',
    ],
    ...[
      'properties',
      'nullable',
      'enum',
      'anyOf',
      'toolConfig',
      'functionCallingConfig',
      'mode',
      'generationConfig',
      'seed',
    ],
    ...[
      'thinkingConfig',
      'thinkingBudget',
      'responseSchema',
      'speechConfig',
      'systemInstruction',
      'labels',
      'safetySettings',
    ],
  ];
  const key = fc.constantFrom(...members);
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'large' },
      fc.constantFrom('user', 'model', 'ANY', '', null, true, -1, 2.5, 7),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 5 }),
    ),
  }));
  const body = fc.tuple(fc.dictionary(key, value), fc.array(fc.dictionary(key, value), { minLength: 1, maxLength: 3 }));
  fc.assert(
    fc.property(body, ([members, contents]) => {
      try {
        encode(decode({ ...members, contents } as JsonObject));
      } catch (error) {
        expect(error).toBeInstanceOf(GatewayError);
        expect((error as GatewayError).param).toBeTruthy();
      }
    }),
    { numRuns: 1000 },
  );
});
