import { expect, test } from 'vitest';
import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Catalog } from '../routing/catalog.ts';
import { makeTarget } from '../routing/target.fixture.ts';
import { startBanner } from './banner.ts';

function catalogOf(models: readonly string[], targets = [makeTarget('main', { provider: 'openai' })]): Catalog {
  return {
    models: () => models.map((id) => ({ id, providers: [] })),
    targets: new Map(targets.map((target) => [target.id, target])),
  } as unknown as Catalog;
}

const catalog = catalogOf(['gpt-4o']);
const open = { mode: 'open', modeGiven: false, keys: [] } as const;
const config = { auth: open, server: { host: '0.0.0.0' } } as unknown as GatewayConfig;

test('the banner says how to call the gateway, and nothing of an admin API that is closed', () => {
  const text = startBanner({ catalog, isDemo: false, adminKey: undefined }, config, 8080);
  expect(text).toContain('llm-gateway listens on http://localhost:8080  (OpenAI base URL: http://localhost:8080/v1)');
  expect(text).toContain('Providers: openai\nModels: gpt-4o\n');
  expect(text).not.toContain('admin');
  expect(text).not.toContain('Authorization');
});

test('where there is an admin API, the banner leads to its reference without telling the key', () => {
  const text = startBanner({ catalog, isDemo: true, adminKey: 'the key of operators' }, config, 8080);
  expect(text).toContain('Admin API: http://localhost:8080/admin/reference');
  expect(text).toContain('POST /admin/providers');
  expect(text).not.toContain('the key of operators');
});

test('the command to try was refused where callers need a key', () => {
  const auth = { ...open, mode: 'required' } as const;
  const text = startBanner({ catalog, isDemo: false, adminKey: undefined }, { ...config, auth }, 8080);
  expect(text).toContain('completions -H "Authorization: Bearer $GATEWAY_API_KEY" -H');
});

test('the command to try was refused where no model has a name here', () => {
  const targets = [
    makeTarget('a', { provider: 'openai' }),
    makeTarget('b', { provider: 'openai' }),
    makeTarget('c', { provider: 'skipped', unusable: 'no key' }),
  ];
  const text = startBanner({ catalog: catalogOf([], targets), isDemo: false, adminKey: undefined }, config, 8080);
  expect(text).toContain('Providers: openai\n\n');
  expect(text).toContain(`-d '{"model":"MODEL",`);
  expect(text).toContain('in place of MODEL');
});
