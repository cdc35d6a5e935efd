import type { ProtocolName } from '../canonical/protocol-name.ts';
import { type ConfigPath, formatPath } from './config-path.ts';
import type { Findings } from './findings.ts';
import type { TargetOptions } from './gateway-config.ts';
import { milliseconds } from './milliseconds.ts';
import { attemptLimits } from './normalize-resilience.ts';
import type { FileAttemptLimits } from './sections/attempt-limit-fields.ts';

/** What a file may say of any target, beside its address and its key. */
interface FileTargetOptions {
  readonly enabled: boolean;
  readonly weight?: number | undefined;
  readonly priority?: number | undefined;
  readonly region?: string | undefined;
  readonly timeout_seconds?: number | undefined;
  readonly timeout?: FileAttemptLimits | undefined;
  readonly max_retries?: number | undefined;
  readonly protocols?: readonly ProtocolName[] | undefined;
  readonly rate_limit?:
    | { readonly requests_per_minute?: number | undefined; readonly tokens_per_minute?: number | undefined }
    | undefined;
  readonly assistant_prefill?: boolean | undefined;
  readonly canary_percent?: number | undefined;
  readonly shadow_percent?: number | undefined;
}

/** What a file says of a target, whichever section it is in. */
export function targetOptions(target: FileTargetOptions, path: ConfigPath, findings: Findings): TargetOptions {
  if (target.canary_percent !== undefined && target.shadow_percent !== undefined) {
    const message = `${formatPath(path)} has both canary_percent and shadow_percent, but a shadow never answers a caller. Remove one of them.`;
    findings.fail(message, [...path, 'shadow_percent']);
  }
  return {
    weight: target.weight,
    priority: target.priority,
    region: target.region,
    timeoutMs: target.timeout_seconds === undefined ? undefined : milliseconds(target.timeout_seconds),
    maxRetries: target.max_retries,
    protocols: target.protocols,
    requestsPerMinute: target.rate_limit?.requests_per_minute,
    tokensPerMinute: target.rate_limit?.tokens_per_minute,
    enabled: target.enabled,
    ...(target.timeout && { timeouts: attemptLimits(target.timeout) }),
    ...(target.assistant_prefill !== undefined && { assistantPrefill: target.assistant_prefill }),
    ...(target.canary_percent !== undefined && { canaryPercent: target.canary_percent }),
    ...(target.shadow_percent !== undefined && { shadowPercent: target.shadow_percent }),
  };
}

/** Those of a target that no file describes. */
export const noTargetOptions: TargetOptions = {
  weight: undefined,
  priority: undefined,
  region: undefined,
  timeoutMs: undefined,
  maxRetries: undefined,
  protocols: undefined,
  requestsPerMinute: undefined,
  tokensPerMinute: undefined,
  enabled: true,
};
