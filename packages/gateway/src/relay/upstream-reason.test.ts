import { describe, expect, it } from 'vitest';
import { upstreamReason } from './upstream-reason.ts';

const reason = (body: unknown): string | undefined => upstreamReason(JSON.stringify(body));

describe("an upstream's reason for a refusal", () => {
  it.each([
    ['an object', { error: { message: 'No.', type: 'x' } }, 'No.'],
    ['a word', { error: 'No.' }, 'No.'],
    ['no envelope', { object: 'error', message: 'No.' }, 'No.'],
    ['an exception', { Message: 'No.' }, 'No.'],
    ['one behind another', { error: { message: 'Failed', metadata: { raw: '{"detail":"No."}' } } }, 'Failed: No.'],
    ['one behind another in plain words', { error: { message: 'Failed', metadata: { raw: 'No.' } } }, 'Failed: No.'],
  ])('is told by %s', (_, body, expected) => {
    expect(reason(body)).toBe(expected);
  });

  it.each([
    ['a list of fields', { detail: [{ loc: ['body', 'messages', 0], msg: 'missing' }] }, 'messages.0: missing'],
    [
      'such a list within the message',
      {
        object: 'error',
        message: {
          detail: [
            { loc: ['body'], msg: 'A' },
            { loc: ['x'], msg: 'B' },
          ],
        },
      },
      'A; x: B',
    ],
    ['a list around the error', [{ error: { code: 400, message: 'No.', status: 'INVALID_ARGUMENT' } }], 'No.'],
    ['a list of errors', { success: false, errors: [{ code: 7, message: 'No.' }] }, 'No.'],
    ['a status in words', { base_resp: { status_code: 1026, status_msg: 'No.' } }, 'No.'],
  ])('was lost in %s', (_, body, expected) => {
    expect(reason(body)).toBe(expected);
  });

  it('was lost in plain words', () => {
    expect(upstreamReason('Failed to read the body: missing field `role`\n')).toBe(
      'Failed to read the body: missing field `role`',
    );
  });

  it('is none in a page, in half a body, in nothing, and where nobody gives one', () => {
    for (const text of ['<html>No.</html>', '{"error":{"message":"No', '', ' ', '{}', '[]', '7', '{"error":null}']) {
      expect(upstreamReason(text), text).toBeUndefined();
    }
  });

  it('is bounded', () => {
    expect(reason({ detail: Array.from({ length: 999 }, () => ({ msg: 'x'.repeat(999) })) })?.length).toBe(2_000);
    let nested: unknown = 'No.';
    for (let level = 0; level < 1_000; level++) nested = [nested];
    expect(reason(nested)).toBeUndefined();
  });
});
