import { scrypt } from 'node:crypto';
import type { SecretsConfig } from '../config/gateway-config.ts';
import { checkSecretKey, createSecretBox, type SecretBox } from '../credentials/secret-box.ts';

export interface RecordSecretsInput {
  /** Of the record; it is asked for only where a key is derived. */
  readonly salt: () => Promise<string>;
  readonly secrets: SecretsConfig | undefined;
  /** The key of the operators; undefined: none. */
  readonly adminKey: string | undefined;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** What the secrets of the record are sealed with. */
export interface RecordSecrets {
  /** Nobody has set a key, so the one in use is derived from the operators'. */
  readonly isDerived: boolean;
  /** Makes the keys when it is first called: most records have nothing sealed. Rejects where the record does not answer. */
  readonly open: () => Promise<OpenedSecrets>;
}

export interface OpenedSecrets {
  readonly box: SecretBox;
  /** Of the record; undefined where no key was derived. */
  readonly salt: string | undefined;
}

const KEY_BYTES = 32;
/** Some 100 ms and 32 MB, once. */
const costs = { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 };

/**
 * The secrets of the record: under the key that is set, or else under one derived from the operators' key and a salt of the
 * record's own. What was sealed under the derived key can be opened after a key was set. Undefined where there is neither.
 * Throws a `GatewayError` where a key is too short.
 */
export function openRecordSecrets(input: RecordSecretsInput): RecordSecrets | undefined {
  const { adminKey, secrets } = input;
  const isSet = secrets?.encryptionKey !== undefined;
  // A key that only opens what is old must not seal what is new.
  if (!isSet && adminKey === undefined) return undefined;
  for (const key of keysOf(secrets)) checkSecretKey(key);
  let opening: Promise<OpenedSecrets> | undefined;
  return {
    isDerived: !isSet,
    open() {
      opening ??= makeBox(input).catch((error: unknown) => {
        // Whoever needs it next has the record asked again.
        opening = undefined;
        throw error;
      });
      return opening;
    },
  };
}

async function makeBox({ adminKey, randomBytes, salt: askSalt, secrets }: RecordSecretsInput): Promise<OpenedSecrets> {
  const salt = adminKey === undefined ? undefined : await askSalt();
  const derived = adminKey === undefined || salt === undefined ? [] : [await derive(adminKey, salt)];
  const set = keysOf(secrets);
  const [newest, ...older] = secrets?.encryptionKey === undefined ? [...derived, ...set] : [...set, ...derived];
  // There is one, or there would be no secrets.
  return { box: await createSecretBox({ keys: [newest!, ...older], randomBytes }), salt };
}

/** The keys that are set, the one that seals first. */
function keysOf(secrets: SecretsConfig | undefined): readonly string[] {
  const { encryptionKey, previousEncryptionKeys = [] } = secrets ?? {};
  return encryptionKey === undefined ? previousEncryptionKeys : [encryptionKey, ...previousEncryptionKeys];
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
