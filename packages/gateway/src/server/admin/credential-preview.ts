import { isCredentialReference } from '../../record/credential-reference.ts';

/** Characters at least of a credential of which both ends are shown. */
const LEAST_LENGTH = 13;

/** A credential as it may be shown: its ends, or nothing of one that is short; where it is, if it is only referred to. */
export function credentialPreview(credential: string): string {
  if (isCredentialReference(credential)) return credential;
  const characters = [...credential];
  if (characters.length < LEAST_LENGTH) return '****';
  return `${characters.slice(0, 4).join('')}...${characters.slice(-4).join('')}`;
}
