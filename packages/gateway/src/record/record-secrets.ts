import { scrypt } from 'node:crypto';
import type { SecretsConfig } from '../config/gateway-config.ts';
import { createSecretBox, type SecretBox } from '../credentials/secret-box.ts';

export interface RecordSecretsInput {
  /** Of the record; it is asked for only where a key is derived. */
  readonly salt: () => Promise<string>;
  readonly secrets: SecretsConfig | undefined;
  /** The key of the operators; undefined: none. */
  readonly adminKey: string | undefined;
  readonly randomBytes: (size: number) => Uint8Array;
}

export interface RecordSecrets {
  readonly box: SecretBox;
  /** Nobody has set a key, so the one in use is derived from the operators'. */
  readonly isDerived: boolean;
  /** Of the record; undefined where no key was derived. */
  readonly salt: string | undefined;
}

const KEY_BYTES = 32;
/** Some 100 ms and 32 MB, once at the start. */
const costs = { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 };

/**
 * The box of the record's secrets: under the key that is set, or else under one derived from the operators' key and a
 * salt of the record's own. What was sealed under the derived key can be opened after a key was set. Undefined where
 * there is neither. Throws a `GatewayError` where a key is too short, or the record does not answer.
 */
export async function openRecordSecrets(input: RecordSecretsInput): Promise<RecordSecrets | undefined> {
  const { adminKey, randomBytes, secrets } = input;
  const salt = adminKey === undefined ? undefined : await input.salt();
  const derived = adminKey === undefined || salt === undefined ? [] : [await derive(adminKey, salt)];
  const set = secrets?.encryptionKey === undefined ? [] : [secrets.encryptionKey];
  const [newest, ...older] = [...set, ...(secrets?.previousEncryptionKeys ?? []), ...derived];
  if (newest === undefined) return undefined;
  // A key that only opens what is old must not seal what is new.
  if (set.length === 0 && derived.length === 0) return undefined;
  const keys = set.length > 0 ? ([newest, ...older] as const) : ([derived[0]!, newest, ...older] as const);
  return { box: await createSecretBox({ keys, randomBytes }), isDerived: set.length === 0, salt };
}

/** 32 bytes in hex. */
function derive(adminKey: string, salt: string): Promise<string> {
  return new Promise((resolve, reject) => {
    scrypt(adminKey, `llm-gateway admin key ${salt}`, KEY_BYTES, costs, (error, key) => {
      if (error === null) resolve(key.toString('hex'));
      else reject(error);
    });
  });
}
