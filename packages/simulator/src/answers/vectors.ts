import { createHash } from 'node:crypto';

/** A vector made of a text's hash: the same text gives the same vector. */
export function embed(text: string, dimensions: number): number[] {
  const digest = createHash('sha256').update(text).digest();
  return Array.from({ length: dimensions }, (_, position) => {
    const byte = digest[position % digest.length] ?? 0;
    // Thousandths, so that the vector has one decimal form only.
    return Math.round((((byte + position * 37) % 256) / 127.5 - 1) * 1000) / 1000;
  });
}

/** A vector as little-endian floats in base64. */
export function floatsToBase64(vector: readonly number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64');
}

/** How many dimensions were asked for: 16 when there is no such number, and never more than 4,096. */
export function dimensionsOf(value: unknown): number {
  return numberOr(value, 16, 4096);
}

/** A whole number from 1 up to a limit, or the fallback. */
export function numberOr(value: unknown, fallback: number, limit: number): number {
  return typeof value === 'number' && value >= 1 ? Math.min(limit, Math.floor(value)) : fallback;
}
