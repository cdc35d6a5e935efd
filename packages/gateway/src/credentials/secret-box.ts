import { createCipheriv, createDecipheriv, createHash, scrypt } from 'node:crypto';
import { GatewayError } from '../canonical/gateway-error.ts';

/**
 * Seals secrets for the record: AES-256-GCM under a key that is not in the record. What is sealed names the key it was
 * sealed with, so that keys can be changed, and is bound to a context, so that it is of no use in another place.
 */
export interface SecretBox {
  /** Which key seals now; no secret itself. */
  readonly keyId: string;
  /** Text that can be kept: `v1.<key id>.<nonce>.<ciphertext and tag>`. `context` says what the secret is of. */
  seal(clear: string, context: string): string;
  /** The secret. Throws a `GatewayError` where the key is not known, or the text is not what was sealed in this context. */
  open(sealed: string, context: string): string;
}

export interface SecretBoxSettings {
  /**
   * The key that seals, then those that only open what they sealed earlier. 32 bytes in hex or base64, or a passphrase of
   * at least 16 characters.
   */
  readonly keys: readonly [string, ...string[]];
  readonly randomBytes: (size: number) => Uint8Array;
}

const VERSION = 'v1';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MIN_PASSPHRASE = 16;
/** Costs of deriving a key from a passphrase: some 100 ms and 32 MB, once. */
const scryptCosts = { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 };

/** Makes a box; a passphrase takes a moment. Rejects where a key is too short to be one. */
export async function createSecretBox({ keys, randomBytes }: SecretBoxSettings): Promise<SecretBox> {
  const known = new Map<string, Buffer>();
  for (const text of keys) {
    const key = await readKey(text);
    known.set(idOf(key), key);
  }
  const [[keyId, key]] = [...known] as [[string, Buffer]];

  return {
    keyId,
    seal(clear, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(boundTo(keyId, context));
      const sealed = Buffer.concat([cipher.update(clear, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return [VERSION, keyId, Buffer.from(nonce).toString('base64url'), sealed.toString('base64url')].join('.');
    },
    open(sealed, context) {
      const { id, nonce, content } = readEnvelope(sealed);
      const keyOfOld = known.get(id);
      if (keyOfOld === undefined) {
        const remedy = 'Add that key to security.secrets, or enter the secret anew.';
        throw new GatewayError(
          'upstream_credentials',
          `A secret was sealed with the key ${id}, which is not set. ${remedy}`,
        );
      }
      try {
        const decipher = createDecipheriv(CIPHER, keyOfOld, nonce, { authTagLength: TAG_BYTES })
          .setAAD(boundTo(id, context))
          .setAuthTag(content.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(content.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw damaged(cause);
      }
    },
  };
}

/** Throws where a key is too short to be one. */
export function checkSecretKey(text: string): void {
  if (text.trim().length >= MIN_PASSPHRASE) return;
  throw new GatewayError(
    'internal',
    `SECRETS_ENCRYPTION_KEY is too short. Make one with "openssl rand -hex 32", or take a passphrase of ${MIN_PASSPHRASE} characters or more.`,
  );
}

async function readKey(text: string): Promise<Buffer> {
  checkSecretKey(text);
  const given = text.trim();
  if (/^[0-9a-f]{64}$/i.test(given)) return Buffer.from(given, 'hex');
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(given)) return Buffer.from(given, 'base64');
  // Every replica has to derive the same key, so the salt is a constant; it only keeps this use apart from others.
  return new Promise((resolve, reject) => {
    scrypt(given, 'llm-gateway secret box v1', KEY_BYTES, scryptCosts, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** A name by which a key is recognised and from which nothing of it can be learnt. */
function idOf(key: Buffer): string {
  return createHash('sha256').update('llm-gateway key id').update(key).digest('hex').slice(0, 12);
}

function boundTo(keyId: string, context: string): Buffer {
  return Buffer.from(`${VERSION}.${keyId}.${context}`);
}

function readEnvelope(sealed: string): { readonly id: string; readonly nonce: Buffer; readonly content: Buffer } {
  const [version, id = '', nonceText = '', contentText = '', ...more] = sealed.split('.');
  const nonce = Buffer.from(nonceText, 'base64url');
  const content = Buffer.from(contentText, 'base64url');
  const isWhole = more.length === 0 && nonce.length === NONCE_BYTES && content.length >= TAG_BYTES;
  if (version !== VERSION || !isWhole) throw damaged(undefined);
  return { id, nonce, content };
}

function damaged(cause: unknown): GatewayError {
  const message = 'A sealed secret is damaged or belongs to something else. Enter the secret anew.';
  return new GatewayError('upstream_credentials', message, { cause });
}
