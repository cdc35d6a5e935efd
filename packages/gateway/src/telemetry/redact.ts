import { maskPersonalData } from './personal-data.ts';
import { maskSecrets } from './secrets.ts';

/** Masks text before it is logged, with placeholders such as `[API_KEY]` and `[EMAIL]`. */
export type Redact = (text: string) => string;

/** Compiles the redaction of a log: secrets always, personal data when asked. Time is linear in the length of the text. */
export function createRedact(options: { readonly personalData: boolean }): Redact {
  if (!options.personalData) return maskSecrets;
  return function redactAll(text) {
    return maskPersonalData(maskSecrets(text));
  };
}
