import { expect, test } from 'vitest';
import { startBanner } from './banner.ts';

const catalog = { models: () => [{ id: 'gpt-4o' }] } as unknown as Parameters<typeof startBanner>[0]['catalog'];
const address = { host: '0.0.0.0', port: 8080 };

test('the banner says how to call the gateway, and nothing of an admin API that is closed', () => {
  const text = startBanner({ catalog, isDemo: false, adminKey: undefined }, address);
  expect(text).toContain('llm-gateway listens on http://localhost:8080  (OpenAI base URL: http://localhost:8080/v1)');
  expect(text).toContain('Models: gpt-4o');
  expect(text).not.toContain('admin');
});

test('where there is an admin API, the banner leads to its reference without telling the key', () => {
  const text = startBanner({ catalog, isDemo: true, adminKey: 'the key of operators' }, address);
  expect(text).toContain('Admin API: http://localhost:8080/admin/reference');
  expect(text).toContain('POST /admin/providers');
  expect(text).not.toContain('the key of operators');
});
