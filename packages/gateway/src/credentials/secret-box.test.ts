import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSecretBox } from './secret-box.ts';

const hex = 'ab'.repeat(32);
const other = 'cd'.repeat(32);
const box = (...keys: [string, ...string[]]) => createSecretBox({ keys, randomBytes });

describe('a secret box', () => {
  test('gives back every secret that it sealed', async () => {
    const { seal, open } = await box(hex);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (clear, context) => {
        expect(open(seal(clear, context), context)).toBe(clear);
      }),
    );
  });

  test('shows nothing of a secret but its length, and never the same twice', async () => {
    const { seal, keyId } = await box(hex);
    const sealed = seal('sk-very-secret', 'provider:1');
    expect(sealed).toMatch(/^v1\.[0-9a-f]{12}\.[\w-]{16}\.[\w-]{40}$/);
    expect(sealed.split('.')[1]).toBe(keyId);
    expect(hex).not.toContain(keyId);
    expect(Buffer.from(sealed.split('.')[3]!, 'base64url').toString('latin1')).not.toContain('secret');
    expect(seal('sk-very-secret', 'provider:1')).not.toBe(sealed);
  });

  test('opens nothing that was changed, by any bit', async () => {
    const { seal, open } = await box(hex);
    const [version, id, nonce, content] = seal('secret', 'c').split('.') as [string, string, string, string];
    const flipped = (text: string, bit: number) => {
      const bytes = Buffer.from(text, 'base64url');
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      return bytes.toString('base64url');
    };
    for (let bit = 0; bit < 96; bit += 1) {
      expect(() => open([version, id, flipped(nonce, bit), content].join('.'), 'c')).toThrow('damaged');
    }
    for (let bit = 0; bit < Buffer.from(content, 'base64url').length * 8; bit += 1) {
      expect(() => open([version, id, nonce, flipped(content, bit)].join('.'), 'c')).toThrow('damaged');
    }
  });

  test('opens nothing in another context', async () => {
    const { seal, open } = await box(hex);
    expect(() => open(seal('secret', 'provider:1'), 'provider:2')).toThrow('belongs to something else');
  });

  test.each(['', 'v1', 'v1.a.b.c', 'v2.a.b.c', 'sk-in-the-clear', 'v1.000000000000.AAAAAAAAAAAAAAAA.AAAA'])(
    'does not take %j for a sealed secret',
    async (text) => {
      const { open } = await box(hex);
      expect(() => open(text, '')).toThrow('damaged');
    },
  );

  test('opens with keys of before, and seals with the first', async () => {
    const before = await box(hex);
    const after = await box(other, hex);
    const sealed = before.seal('secret', 'c');
    expect(after.open(sealed, 'c')).toBe('secret');
    expect(after.seal('secret', 'c').split('.')[1]).toBe(after.keyId);
    expect(after.keyId).not.toBe(before.keyId);
    const without = await box(other);
    expect(() => without.open(sealed, 'c')).toThrow(`the key ${before.keyId}, which is not set`);
  });

  test('takes a key in hex, in base64 of both alphabets, and with space around it', async () => {
    const bytes = Buffer.from(hex, 'hex');
    const same = [hex.toUpperCase(), ` ${hex}\n`, bytes.toString('base64'), bytes.toString('base64url')];
    const { keyId } = await box(hex);
    for (const text of same) expect((await box(text)).keyId).toBe(keyId);
  });

  test('makes the same key of the same passphrase, and none of a short one', async () => {
    const one = await box('correct horse battery staple');
    const two = await box('correct horse battery staple');
    expect(two.open(one.seal('secret', 'c'), 'c')).toBe('secret');
    expect((await box('correct horse battery stable')).keyId).not.toBe(one.keyId);
    await expect(box('too short')).rejects.toThrow('openssl rand -hex 32');
    await expect(box('')).rejects.toThrow('too short');
  });
});
