import type { FailureKind } from '../resilience/failure.ts';
import type { HealthRecord, ModelRecord, TimingRecord } from '../resilience/health-state.ts';
import { type Reason, spanText } from './reason.ts';

/** Why the health of a target, or of a model there, keeps requests away. Empty when it does not. */
export function healthReasons(record: HealthRecord, upstreamModel: string | undefined): Reason[] {
  const reasons = [...outOfService(record), ...cooling(record, undefined)];
  const model = record.models.find((one) => one.model === upstreamModel);
  if (model !== undefined) reasons.push(...breakerOpen(model), ...cooling(model, model.model));
  return reasons;
}

function outOfService(record: HealthRecord): Reason[] {
  const { failure, reason: cause, state } = record;
  if (state === 'healthy' || state === 'unknown') return [];
  const base = { since: isoTime(record.since), cause, ...(failure && { failure }) };
  const again = trialAgain(record, state === 'unhealthy' && cause === 'probe');
  const more = { ...base, ...again.fields };
  switch (state) {
    case 'quota':
      return [{ code: 'quota', message: `Its quota or balance is used up${again.text}.`, ...more }];
    case 'misconfigured':
      return [{ code: 'misconfigured', message: `Its credential is refused: check its key${again.text}.`, ...more }];
    case 'unhealthy':
      return [{ code: 'unhealthy', message: `It is out of service${because(cause, failure)}${again.text}.`, ...more }];
  }
}

function breakerOpen({ failure, isOpen, model, reason: cause, since, ...timing }: ModelRecord): Reason[] {
  if (!isOpen) return [];
  const again = trialAgain(timing, false);
  return [
    {
      code: 'breaker_open',
      message: `Its breaker for ${model} is open${because(cause, failure)}${again.text}.`,
      model,
      ...(since !== undefined && { since: isoTime(since) }),
      cause,
      ...(failure && { failure }),
      ...again.fields,
    },
  ];
}

function cooling({ coolingLeftMs }: TimingRecord, model: string | undefined): Reason[] {
  if (coolingLeftMs <= 0) return [];
  const whom = model === undefined ? '' : ` for ${model}`;
  return [
    {
      code: 'cooling',
      message: `It limits the rate of requests${whom} and asked to be left alone for another ${spanText(coolingLeftMs)}.`,
      ...(model !== undefined && { model }),
      retry_in_ms: Math.ceil(coolingLeftMs),
    },
  ];
}

/** When a request may find out whether it is back. */
function trialAgain(
  { coolDownLeftMs, trialLeftMs }: Pick<TimingRecord, 'coolDownLeftMs' | 'trialLeftMs'>,
  byProbesOnly: boolean,
): { readonly text: string; readonly fields: Pick<Reason, 'retry_in_ms'> } {
  if (byProbesOnly) return { text: '; its probes bring it back', fields: {} };
  if (coolDownLeftMs > 0) {
    return {
      text: `; one request may try it in ${spanText(coolDownLeftMs)}`,
      fields: { retry_in_ms: Math.ceil(coolDownLeftMs) },
    };
  }
  if (trialLeftMs > 0) return { text: '; another request is finding out whether it is back', fields: {} };
  return { text: '', fields: {} };
}

function because(cause: string, failure: FailureKind | undefined): string {
  if (cause === 'probe') return ' because its probes fail';
  return failure === undefined ? '' : ` because requests failed (${failure})`;
}

/** Milliseconds since 1970 as an ISO time. */
export function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
