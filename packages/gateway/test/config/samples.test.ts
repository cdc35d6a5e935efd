import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LoadedConfig } from '../../src/config/gateway-config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { noticesOf } from './load-in-directory.ts';

const root = resolve(import.meta.dirname, '../../../..');
const examples = join(root, 'examples');
const samples = resolve(root, '../shared/spec/samples');

function load(file: string, env: Readonly<Record<string, string>> = {}): Promise<LoadedConfig> {
  return loadConfig({ flags: { config: file }, env, workingDirectory: '/nonexistent', homeDirectory: '/nonexistent' });
}

const isConfig = (name: string) => /\.(toml|ya?ml|json|env)$/.test(name);
const unknownKeys = (loaded: LoadedConfig) =>
  noticesOf(loaded, 'warning').filter((line) => line.includes('not a known key'));

describe('examples', async () => {
  for (const name of (await readdir(examples)).filter(isConfig)) {
    it(`${name} loads without variables and without unknown keys`, async () => {
      expect(unknownKeys(await load(join(examples, name)))).toEqual([]);
    });
  }

  it('have a pool whose second provider is switched on by a variable', async () => {
    const { config } = await load(join(examples, 'model-pool.yaml'), { AZURE_ENABLED: 'true', AZURE_RESOURCE: 'mine' });
    expect(config.models[1]?.providers[1]).toMatchObject({
      enabled: true,
      baseUrl: 'https://mine.openai.azure.com',
      priority: 2,
    });
  });
});

describe.skipIf(!existsSync(samples))(
  'samples of other gateways (skipped: they are not beside this repository)',
  async () => {
    const names = existsSync(samples) ? (await readdir(samples)).filter(isConfig) : [];
    for (const name of names) {
      it(`${name} loads as written`, async () => {
        expect(unknownKeys(await load(join(samples, name)))).toEqual([]);
      });
    }

    it('reads the backends', async () => {
      const { config } = await load(join(samples, 'zap.config.toml'));
      expect(config.server).toMatchObject({ host: '0.0.0.0', port: 8000 });
      expect(config.backends.map(({ weight, healthPath, chatPath }) => ({ weight, healthPath, chatPath }))).toEqual([
        { weight: 2, healthPath: '/v1/models', chatPath: '/v1/chat/completions' },
        { weight: 1, healthPath: '/v1/models', chatPath: '/v1/chat/completions' },
      ]);
      expect(config.rateLimits).toMatchObject([{ rule: { algorithm: 'sliding_window', limit: 60 } }]);
    });

    it('reads the providers', async () => {
      const env = {
        OPENAI_API_KEY: 'a',
        ANTHROPIC_API_KEY: 'b',
        AZURE_OPENAI_API_KEY: 'c',
        AZURE_OPENAI_ENDPOINT: 'https://d',
      };
      const loaded = await load(join(samples, 'enterprise.config.yaml'), env);
      const { config } = loaded;
      expect(config.providers.map(({ apiKey, enabled }) => [apiKey, enabled])).toEqual([
        ['a', true],
        ['b', true],
        ['c', false],
      ]);
      expect(config.providers[2]).toMatchObject({ baseUrl: 'https://d', apiVersion: '2024-02-01' });
      expect(config.providers[0]).toMatchObject({
        timeoutMs: 60_000,
        maxRetries: 3,
        requestsPerMinute: 500,
        tokensPerMinute: 150_000,
      });
      expect(config.routing.rules).toHaveLength(2);
      expect(config.queue.maxConcurrent).toBe(2000);
      expect(noticesOf(loaded, 'pending').length).toBeGreaterThan(2);
      expect(noticesOf(loaded, 'pending').join('\n')).not.toMatch(/okens per minute|strategy|circuit/i);
      expect(config.routing.strategy).toBe('cost_optimized');
      expect(config.resilience.circuitBreaker).toMatchObject({
        failureThreshold: 5,
        successThreshold: 3,
        openMs: 60_000,
      });
    });

    it('reads the pools', async () => {
      const { config } = await load(join(samples, 'pool.config.yaml'), { DEEPSEEK_API_KEY: 'a' });
      expect(config.models.map(({ key, providers }) => [key, providers.map(({ apiKey }) => apiKey)])).toEqual([
        ['deepseek-r1', [null, null, 'a']],
        ['gpt-4o', [null, null]],
      ]);
    });

    it('reads the security section', async () => {
      const { config } = await load(join(samples, 'security.config.yaml'), { REQUEST_SIGNING_SECRET: 's' });
      expect(config.security).toMatchObject({
        ipFilter: { allow: ['10.0.0.0/8', '192.168.1.0/24'], deny: ['1.2.3.4'] },
        signing: { headerName: 'X-Signature', secret: 's' },
        headers: { allowedHosts: ['api.example.com'] },
        validation: { maxRequestBytes: 10_485_760, maxMessages: 100, maxMessageLength: 100_000 },
      });
    });

    it('reads the files of variables', async () => {
      const vllm = (await load(join(samples, 'vllm.env'))).config;
      expect(vllm.server).toMatchObject({ host: '127.0.0.1', port: 3000, hostGiven: true });
      expect(vllm.vllmBackends).toEqual([
        { model: 'TheBloke/Mistral-7B-Instruct-v0.2-AWQ', urls: ['http://localhost:8000'] },
      ]);
      const admin = await load(join(samples, 'admin.env'));
      expect(admin.config.auth.mode).toBe('required');
      expect(admin.config.redis).toEqual({
        url: 'redis://127.0.0.1:6379',
        keyPrefix: 'llm-gateway',
        whenAway: 'open',
      });
      expect(noticesOf(admin, 'pending')).toEqual([]);
    });
  },
);
