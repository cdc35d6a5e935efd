import { describe, expect, it } from 'vitest';
import { loadFiles, noticesOf } from './load-in-directory.ts';

const warningsOf = async (text: string) => noticesOf(await loadFiles({ 'config.yaml': text }), 'warning');
const filter = (lists: string) => `security:\n  ip_filter:\n    enabled: true\n${lists}`;
const differ = 'mean the same, but differ;';

describe('two names of one setting', () => {
  it.each([
    [
      filter('    allowlist: [10.0.0.1]\n    whitelist: [10.0.0.2]'),
      `config.yaml:5:5 allowlist and whitelist ${differ} the entries of all count. Put them into one list.`,
    ],
    [
      filter('    deny: [10.0.0.1]\n    blacklist: [10.0.0.1]\n    denylist: []'),
      `config.yaml:5:5 denylist and blacklist and deny ${differ} the entries of all count. Put them into one list.`,
    ],
    [
      'cors:\n  origins: []\n  allowed_origins: ["https://a.example"]',
      `config.yaml:2:3 allowed_origins and origins ${differ} allowed_origins is used. Remove the other.`,
    ],
    [
      'queue:\n  timeout_secs: 300\n  timeout_seconds: 60',
      `config.yaml:2:3 timeout_seconds and timeout_secs ${differ} timeout_seconds is used. Remove the other.`,
    ],
    [
      'tenants:\n  acme:\n    regions: [eu]\n    data_residency: [us]',
      `config.yaml:3:5 data_residency and regions ${differ} data_residency is used. Remove the other.`,
    ],
  ])('that differ were taken without a word: %s', async (text, warning) => {
    expect(await warningsOf(text)).toEqual([warning]);
  });

  it.each([
    filter('    allowlist: [10.0.0.1, 10.0.0.2]\n    whitelist: [10.0.0.2, 10.0.0.1]'),
    filter('    allowlist: [10.0.0.1]\n    denylist: [10.0.0.2]'),
    'queue: {timeout_secs: 60, timeout_seconds: "60"}',
    'cors: {allowed_origins: ["https://a.example"]}',
  ])('that say the same are no matter: %s', async (text) => {
    expect(await warningsOf(text)).toEqual([]);
  });

  it('that list addresses count together', async () => {
    const text = filter('    allowlist: [10.0.0.1]\n    allow: [10.0.0.2]');
    const { config } = await loadFiles({ 'config.yaml': text });
    expect(config.security.ipFilter?.allow).toEqual(['10.0.0.1', '10.0.0.2']);
  });
});
