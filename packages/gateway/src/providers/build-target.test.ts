import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { buildTarget, makeTargetInput as input, resilience } from './target-input.fixture.ts';

it('authorizes as the provider wants it', () => {
  const groq = buildTarget(
    input({ section: 'backend', entry: { baseUrl: 'https://api.groq.com', apiKey: ' gsk_1\n' } }),
  );
  expect(groq.target.credentialHeaders).toEqual(['authorization', 'Bearer gsk_1']);
  const azure = buildTarget(input({ name: 'mine', entry: { baseUrl: 'https://r.openai.azure.com', apiKey: 'k' } }));
  expect(azure.target.credentialHeaders).toEqual(['api-key', 'k']);
  const anthropic = buildTarget(input({ name: 'anthropic', entry: { apiKey: 'k' } })).target;
  const native = ['x-api-key', 'k', 'anthropic-version', '2023-06-01'];
  expect(anthropic.credentialHeaders).toEqual(['authorization', 'Bearer k']);
  expect(anthropic.probe.headers).toEqual(native);
  expect(anthropic.proxyHeaders).toEqual(native);
});

it('sends no credential where none is configured', () => {
  const { target } = buildTarget(input({ section: 'backend', entry: { baseUrl: 'http://localhost:11434' } }));
  expect(target).toMatchObject({ credentialHeaders: [], unusable: undefined });
});

it('tells of what an address has that is not sent', () => {
  const noticesOf = (name: string, baseUrl: string) =>
    buildTarget(input({ name, entry: { apiKey: 'k', baseUrl } })).notices;
  expect(noticesOf('mine', 'http://host.test/v1')).toEqual([]);
  expect(noticesOf('mine', 'http://host.test/v1?tier=1')[0]).toMatch(/^the address has a query, which is not sent/);
  const both = noticesOf('mine', 'http://me:secret@host.test/v1?key=hidden').join();
  expect(both).toContain('a user or a password and a query');
  expect(both).not.toMatch(/secret|hidden/);
  expect(noticesOf('azure_openai', 'https://r.openai.azure.com/openai?api-version=2024-10-21')).toEqual([]);
});

it('sends the current version for one that never existed, and says so', () => {
  const { target, notices } = buildTarget(
    input({ name: 'anthropic', entry: { apiKey: 'k', apiVersion: '2024-01-01' } }),
  );
  expect(target.probe.headers).toContain('2023-06-01');
  expect(notices).toEqual(['api_version 2024-01-01 does not exist: 2023-06-01 is sent instead']);
  const older = buildTarget(input({ name: 'anthropic', entry: { apiKey: 'k', apiVersion: '2023-01-01' } }));
  expect(older.notices).toEqual([]);
  expect(older.target.probe.headers).toContain('2023-01-01');
});

it.each([
  [{ name: 'openai', entry: { apiKey: null } }, 'the variable it names is not set, so there is no key'],
  [{ name: 'openai', entry: { apiKey: null, unset: { apiKey: 'MY_KEY' } } }, 'MY_KEY is not set, so there is no key'],
  [{ name: 'openai', entry: {} }, 'api_key is not set'],
  [
    { name: 'azure_openai', entry: { apiKey: 'k', baseUrl: null, unset: { baseUrl: 'MY_URL' } } },
    'MY_URL is not set, so there is no address',
  ],
  [{ name: 'azure_openai', entry: { apiKey: 'k' } }, 'base_url is not set and its provider has no default one'],
  [
    { name: 'opnai', entry: { apiKey: 'k' } },
    "base_url is not set, and no provider is known by the name 'opnai'. Did you mean `openai`?",
  ],
  [{ name: 'mine', entry: { baseUrl: 'ftp://host' } }, 'base_url is not an http or https URL'],
  [
    { name: 'mine', entry: { baseUrl: 'http://h', apiKey: 'a\nb' } },
    'api_key has characters that a header cannot carry',
  ],
  [{ name: 'openai', entry: { baseUrl: 'http://127.0.0.1:1/v1' } }, undefined],
])('says why %j is unusable', (changes, unusable) => {
  expect(buildTarget(input(changes)).target.unusable).toBe(unusable);
});

it('gives targets with the same base and key one health id, which holds no key', () => {
  const of = (baseUrl: string, apiKey: string) => buildTarget(input({ entry: { baseUrl, apiKey } })).target.healthId;
  const key = 'sk-very-secret';
  expect(of('https://h/v1', key)).toBe(of('https://h/v1/', key));
  expect(of('https://h/v1', key)).not.toBe(of('https://h/v1', 'other'));
  expect(of('https://h/v1', key)).not.toBe(of('https://h/v2', key));
  expect(of('https://h/v1', key)).toBe(`https://h/v1 ${createHash('sha256').update(key).digest('hex').slice(0, 8)}`);
  expect(of('https://user:password@h/v1', key)).not.toContain('password');
});

it('takes limits and timeouts of its own', () => {
  const entry = { timeoutMs: 15_000, maxRetries: 3, requestsPerMinute: 500, tokensPerMinute: 150_000, weight: 2 };
  const bulkhead = { maxConcurrent: 10, maxQueue: 5 };
  const { target } = buildTarget(
    input({ id: 'openai', name: 'openai', resilience: { ...resilience, bulkhead }, entry }),
  );
  expect(target.timeouts).toMatchObject({
    unaryTotalMs: 15_000,
    unaryHeadersMs: 15_000,
    firstTokenMs: 10_000,
    streamTotalMs: 600_000,
  });
  expect(target).toMatchObject({ maxAttempts: 4, weight: 2 });
  expect(target.limits).toEqual([
    { id: 'target/openai/rpm', algorithm: 'token_bucket', capacity: 500, refillPerSecond: 500 / 60 },
  ]);
  expect(target.tokenLimit).toMatchObject({ id: 'target/openai/tpm', capacity: 150_000 });
  expect(target.bulkhead).toEqual({ id: 'target/openai', maxConcurrent: 10, maxQueue: 5, timeoutMs: 60_000 });
});

it('asks no stream options of a provider that refuses them', () => {
  expect(buildTarget(input({ name: 'cohere', entry: { apiKey: 'k' } })).target.acceptsStreamOptions).toBe(false);
  const byHost = input({ section: 'backend', entry: { baseUrl: 'https://api.cohere.ai/compatibility', apiKey: 'k' } });
  expect(buildTarget(byHost).target.acceptsStreamOptions).toBe(false);
});
