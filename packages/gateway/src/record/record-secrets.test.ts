import { randomBytes } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { openRecordSecrets, type RecordSecretsInput } from './record-secrets.ts';

const derived = { secrets: undefined, adminKey: 'the key of the operators', randomBytes };
const open = (input: Partial<RecordSecretsInput> = {}) =>
  openRecordSecrets({ ...derived, salt: async () => 'salt', ...input });
const setKey = (encryptionKey: string) => ({ encryptionKey, previousEncryptionKeys: [], rotationDays: 90 });

it('derives its key when somebody needs it, and once', async () => {
  const salt = vi.fn(async () => 'salt');
  const secrets = open({ salt })!;
  expect(salt).not.toHaveBeenCalled();
  const [one, other] = await Promise.all([secrets.open(), secrets.open()]);
  expect(other).toBe(one);
  expect(salt).toHaveBeenCalledTimes(1);
  expect(one.salt).toBe('salt');
  expect(one.box.open(one.box.seal('secret', 'context'), 'context')).toBe('secret');
});

it('asks a record again that did not answer', async () => {
  const salt = vi.fn(async () => 'salt').mockRejectedValueOnce(new Error('The record is away.'));
  const secrets = open({ salt })!;
  await expect(secrets.open()).rejects.toThrow('The record is away.');
  expect((await secrets.open()).salt).toBe('salt');
});

it('opens with the derived key what was sealed before a key was set', async () => {
  const before = await open()!.open();
  const after = await open({ secrets: setKey('ab'.repeat(32)) })!.open();
  expect(after.box.keyId).not.toBe(before.box.keyId);
  expect(after.box.open(before.box.seal('secret', 'context'), 'context')).toBe('secret');
});

it('says at once that a key is too short, and that there is none', () => {
  expect(() => open({ secrets: setKey('short') })).toThrow('SECRETS_ENCRYPTION_KEY is too short');
  expect(open({ adminKey: undefined })).toBeUndefined();
});
