import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { classifyStatus } from './classify.ts';
import { isRateLimitHeader, readRateLimits } from './read-rate-limits.ts';

const recordings = fileURLToPath(new URL('../../../../../shared/recordings/', import.meta.url));
const isRecorded = existsSync(recordings);

interface Recording {
  readonly date: string | null;
  readonly status: number;
  readonly res: string | { readonly b64: string };
  readonly resH: Readonly<Record<string, string>>;
}

/** Exchanges recorded beside the repository, each by a line of JSON; only lines that the pattern matches are parsed. */
function recorded(pattern: RegExp): Recording[] {
  const files = readdirSync(recordings).filter((name) => name.endsWith('.jsonl.gz'));
  return files.flatMap((name) =>
    gunzipSync(readFileSync(recordings + name))
      .toString('utf8')
      .split('\n')
      .filter((line) => pattern.test(line))
      .map((line) => JSON.parse(line) as Recording),
  );
}

function headersOf({ resH }: Recording): Map<string, string> {
  return new Map(Object.entries(resH ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function rateLimitsOf(recording: Recording): string[] {
  return [...headersOf(recording)].filter(([name]) => isRateLimitHeader(name)).flat();
}

describe.skipIf(!isRecorded)(`recorded answers${isRecorded ? '' : ' (skipped: no recordings here)'}`, () => {
  it('that are errors are read sensibly', () => {
    const expected: Readonly<Record<number, RegExp>> = {
      400: /caller_fault|context_exceeded|content_refused|model_gone|credential_refused|quota_exhausted/,
      401: /credential_refused/,
      403: /credential_refused|model_gone|content_refused|quota_exhausted/,
      404: /model_gone/,
      422: /caller_fault|context_exceeded/,
      429: /rate_limited|quota_exhausted/,
    };
    const errors = recorded(/"status": ?[45]\d\d[,}]/).filter(({ status }) => status >= 400);
    expect(errors.length).toBeGreaterThan(50);
    for (const recording of errors) {
      const { status, res } = recording;
      const body = typeof res === 'string' ? res : Buffer.from(res.b64, 'base64').toString('latin1');
      const headers = headersOf(recording);
      const failure = classifyStatus({
        status,
        headers: (name) => headers.get(name),
        rateLimits: rateLimitsOf(recording),
        body: Buffer.from(body),
        contentType: 'application/json',
        wallNow: Date.parse(recording.date ?? '') || 0,
      });
      expect(failure.kind, body.slice(0, 300)).toMatch(expected[status] ?? /transient|overloaded|caller_fault/);
      const isTooLong = /context (?:length|window)|too many tokens|prompt (?:is )?too long|input token count/i.test(
        body,
      );
      expect(failure.kind === 'context_exceeded', body.slice(0, 300)).toBe(
        isTooLong || /tokens exceeds maximum length|all messages is too long/.test(body),
      );
      if (/api[- ]key (?:is in|not )?valid|invalid (?:x-)?api[- ]key|incorrect api key/i.test(body))
        expect(failure.kind).toBe('credential_refused');
    }
  });

  it('that tell of rate limits tell them understandably', () => {
    const answers = recorded(/ratelimit-remaining/i).filter((recording) => {
      const headers = rateLimitsOf(recording);
      return headers.length > 0 && !headers.includes('-1');
    });
    expect(answers.length).toBeGreaterThan(500);
    for (const recording of answers) {
      const reading = readRateLimits(rateLimitsOf(recording), Date.parse(recording.date ?? '') || 0);
      const limits = [reading?.requests, reading?.tokens].filter((limit) => limit !== undefined);
      expect(limits.length, JSON.stringify(recording.resH)).toBeGreaterThan(0);
      for (const { limit, remaining, resetMs } of limits) {
        expect(remaining).toBeGreaterThanOrEqual(0);
        if (limit !== undefined) expect(limit).toBeGreaterThan(0);
        if (resetMs !== undefined) expect(resetMs).toBeLessThanOrEqual(3_600_000);
      }
    }
  });
});
