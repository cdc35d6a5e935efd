import fc from 'fast-check';
import { expect, it } from 'vitest';
import { operations } from '../canonical/operation.ts';
import type { AttemptLimitsConfig } from '../config/gateway-config.ts';
import { type AttemptTimeoutsInput, attemptTimeouts, operationLimits } from './attempt-timeouts.ts';
import { buildTarget, makeTargetInput, resilience } from './target-input.fixture.ts';

const base: AttemptLimitsConfig = {
  connectMs: 5_000,
  requestMs: 300_000,
  streamingMs: 600_000,
  streamHeadersMs: 10_000,
  unaryHeadersMs: 60_000,
  firstTokenMs: 10_000,
  idleMs: 60_000,
  streamIdleMs: 60_000,
};

const timeoutsOf = (changes: Partial<AttemptTimeoutsInput> = {}) =>
  attemptTimeouts({ base, operations: undefined, target: undefined, targetTimeoutMs: undefined, ...changes });

it('takes what is configured for all where nothing else is said', () => {
  expect(timeoutsOf()).toEqual({
    timeouts: {
      connectMs: 5_000,
      streamHeadersMs: 10_000,
      unaryHeadersMs: 60_000,
      firstTokenMs: 10_000,
      idleMs: 60_000,
      streamIdleMs: 60_000,
      unaryTotalMs: 300_000,
      streamTotalMs: 600_000,
    },
  });
});

it('takes the limits of an operation for that one only', () => {
  const { timeouts, operationTimeouts } = timeoutsOf({ operations: { images: { requestMs: 900_000 }, rerank: {} } });
  expect(timeouts.unaryTotalMs).toBe(300_000);
  expect(operationTimeouts).toEqual({ images: { ...timeouts, unaryTotalMs: 900_000 } });
});

it('keeps the limits of chats to chats', () => {
  const { timeouts, operationTimeouts } = timeoutsOf({ operations: { chat: { firstTokenMs: 3_000 } } });
  expect(timeouts.firstTokenMs).toBe(3_000);
  expect(Object.keys(operationTimeouts ?? {})).toEqual(operations.filter((operation) => operation !== 'chat'));
  expect(operationTimeouts?.responses).toEqual({ ...timeouts, firstTokenMs: 10_000 });
});

it('takes the target before the operation, and the operation before the rest', () => {
  const { timeouts, operationTimeouts } = timeoutsOf({
    operations: { embeddings: { unaryHeadersMs: 7_000, connectMs: 700 } },
    target: { connectMs: 100 },
  });
  expect(timeouts).toMatchObject({ connectMs: 100, unaryHeadersMs: 60_000 });
  expect(operationTimeouts?.embeddings).toMatchObject({ connectMs: 100, unaryHeadersMs: 7_000 });
});

it('lets the longest time of a target shorten everything but the silence and the length of a stream', () => {
  const { timeouts } = timeoutsOf({ target: { firstTokenMs: 30_000, idleMs: 20_000 }, targetTimeoutMs: 4_000 });
  expect(timeouts).toEqual({
    connectMs: 4_000,
    streamHeadersMs: 4_000,
    unaryHeadersMs: 4_000,
    firstTokenMs: 4_000,
    idleMs: 20_000,
    streamIdleMs: 20_000,
    unaryTotalMs: 4_000,
    streamTotalMs: 600_000,
  });
});

it('says the limits of an operation without a target', () => {
  const operationTimeouts = { speech: { requestMs: 1 } };
  expect(operationLimits({ timeout: base, operationTimeouts }, 'speech')).toEqual({ ...base, requestMs: 1 });
  expect(operationLimits({ timeout: base, operationTimeouts }, 'chat')).toEqual(base);
  expect(operationLimits({ timeout: base }, 'speech')).toEqual(base);
});

it('reaches the target', () => {
  const operationTimeouts = { images: { requestMs: 900_000 }, chat: { idleMs: 9_000 } };
  const { target } = buildTarget(
    makeTargetInput({ resilience: { ...resilience, operationTimeouts }, entry: { timeouts: { connectMs: 50 } } }),
  );
  expect(target.timeouts).toMatchObject({ connectMs: 50, idleMs: 9_000, unaryTotalMs: 300_000 });
  expect(target.operationTimeouts?.images).toMatchObject({ connectMs: 50, idleMs: 30_000, unaryTotalMs: 900_000 });
});

it('answers every operation with the most particular value that is given', () => {
  const limit = fc.integer({ min: 1, max: 1_000_000 });
  const names = ['connectMs', 'streamHeadersMs', 'unaryHeadersMs', 'firstTokenMs', 'idleMs'] as const;
  const some = fc.record(
    { connectMs: limit, streamHeadersMs: limit, unaryHeadersMs: limit, firstTokenMs: limit, idleMs: limit },
    { requiredKeys: [] },
  );
  const all = fc.record(
    Object.fromEntries(Object.keys(base).map((name) => [name, limit])) as Record<
      keyof AttemptLimitsConfig,
      typeof limit
    >,
  );
  const perOperation = fc.dictionary(fc.constantFrom(...operations), some);
  fc.assert(
    fc.property(all, perOperation, fc.option(some, { nil: undefined }), (everywhere, ofOperations, target) => {
      const compiled = timeoutsOf({ base: everywhere, operations: ofOperations, target });
      for (const operation of operations) {
        const limits = compiled.operationTimeouts?.[operation] ?? compiled.timeouts;
        for (const name of names) {
          expect(limits[name]).toBe(target?.[name] ?? ofOperations[operation]?.[name] ?? everywhere[name]);
        }
      }
    }),
  );
});
