import type { Buffer } from 'node:buffer';
import { saysKind } from './error-phrases.ts';
import { readErrorSignals } from './error-signals.ts';

/**
 * Whether an error that was read as `model_gone` names the model as what is not there. It may be the path, or this model
 * there, as far as it does not say so: codes for whatever is not found stand for both.
 */
export function tellsModelIsAbsent(body: Buffer | undefined): boolean {
  const { codes, isPage, text } = readErrorSignals(body);
  if (isPage) return false;
  if (codes.some((code) => absence.has(code))) return true;
  return typedAbsence.test(text) || (saysKind(text, 'model_gone') && !ofOperation.test(text));
}

const absence: ReadonlySet<string> = new Set(
  `model_not_found modelnotfound model_not_found_error model_not_available model_decommissioned model_deprecated
  model_not_open modelnotopen invalid_model unknown_model unavailable_model deploymentnotfound
  invalidendpointormodel.notfound model.accessdenied model_access_denied 1211`.split(/\s+/),
);

/** Anthropic's only word for it beside the code: https://platform.claude.com/docs/en/api/errors */
const typedAbsence = /^model: \S+$/m;

/** What a model that is there cannot do. */
const ofOperation = /operation not allowed|on-demand throughput/;
