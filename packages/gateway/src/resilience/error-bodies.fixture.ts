import { accountSamples } from './error-bodies-accounts.fixture.ts';
import { contextSamples } from './error-bodies-context.fixture.ts';
import { faultSamples } from './error-bodies-faults.fixture.ts';
import { limitSamples } from './error-bodies-limits.fixture.ts';
import { lookalikeSamples } from './error-bodies-lookalikes.fixture.ts';
import { overloadSamples } from './error-bodies-overloads.fixture.ts';
import { requestSamples } from './error-bodies-requests.fixture.ts';
import type { ErrorSample } from './error-sample.fixture.ts';

/** Error bodies in the shapes that providers document, in words of our own, with the kind that each stands for. */
export const errorSamples: readonly ErrorSample[] = [
  ...limitSamples,
  ...overloadSamples,
  ...accountSamples,
  ...contextSamples,
  ...requestSamples,
  ...lookalikeSamples,
  ...faultSamples,
];
