import type { FailureKind } from './failure.ts';

export interface ErrorSample {
  readonly name: string;
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly kind: FailureKind;
  readonly retryAfterMs?: number;
}

/** The shape that most providers have copied. */
export const nested = (message: string, type: string, code: string | number | null = null) => ({
  error: { message, type, param: null, code },
});

/** An error told by its type. */
export const typed = (type: string, message: string) => ({ type: 'error', error: { type, message } });

/** An error told by a status in words. */
export const statused = (code: number, status: string, message: string, details: unknown[] = []) => ({
  error: { code, message, status, details },
});

/** An aggregator's error around that of a provider. */
export const wrapped = (code: number, raw: unknown) => ({
  error: { code, message: 'Provider returned error', metadata: { provider_name: 'Some', raw: JSON.stringify(raw) } },
});

/** An error without an envelope. */
export const plain = (message: string, type: string, code: string | number) => ({
  object: 'error',
  message,
  type,
  param: null,
  code,
});
