import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { startTenantGateway, type TenantGateway } from './tenant-gateway.ts';

const broken = { kind: 'truncate', afterTokens: 3, clean: false } as const;

describe('what of the configuration is different for a tenant', () => {
  let gateway: TenantGateway;
  beforeAll(async () => {
    // What fails here is meant to: nobody is taken out for it.
    const resilience = {
      retry: { initial_delay_ms: 1, max_attempts: 4 },
      circuit_breaker: { failure_threshold: 1_000, minimum_requests: 1_000 },
    };
    gateway = await startTenantGateway(testDialects[0]!, { resilience });
  });
  afterAll(() => gateway.end());

  let count = 0;
  const keyWith = async (settings: object, more: object = {}): Promise<string> => {
    count += 1;
    await gateway.make('tenants', { id: `t${count}`, name: `t${count}`, settings, ...more });
    return gateway.keyOf({ tenant_id: `t${count}` });
  };
  const lastAsk = (): unknown => JSON.parse(String(gateway.us.attempts.at(-1)?.body));
  const attempts = (): number => gateway.us.attemptCount + gateway.eu.attemptCount;

  it('is the model of conversations that name none', async () => {
    const unnamed = { model: undefined };
    expect((await gateway.chat(await keyWith({}), 'x', unnamed)).status).toBe(400);
    const key = await keyWith({ config: { default_model: 'other' } });
    expect((await gateway.chat(key, 'x', unnamed)).status).toBe(200);
    expect(lastAsk()).toMatchObject({ model: 'other' });
    // It is a model as any other: one that may not be used is refused.
    const refused = await keyWith({ config: { default_model: 'other' }, allowed_models: ['gpt-4o'] });
    expect((await gateway.chat(refused, 'x', unnamed)).status).toBe(403);
    // What names one gets that one.
    expect((await gateway.chat(key, 'gpt-4o')).status).toBe(200);
    expect(lastAsk()).toMatchObject({ model: 'gpt-4o' });
  });

  it('is whether other models answer, and none does that may not be used', async () => {
    gateway.us.behave((request) => (request.model === 'gpt-4o' ? { kind: 'status', status: 500 } : { kind: 'answer' }));
    gateway.eu.behave({ kind: 'status', status: 500 });
    const statusOf = async (settings: object) => (await gateway.chat(await keyWith(settings))).status;
    expect(await statusOf({})).toBe(200);
    expect(await statusOf({ config: { fallbacks: false } })).toBeGreaterThanOrEqual(500);
    expect(await statusOf({ allowed_models: ['gpt-4o'] })).toBeGreaterThanOrEqual(500);
    gateway.us.behave(undefined);
    gateway.eu.behave(undefined);
  });

  it('is how often one request is tried', async () => {
    for (const simulator of [gateway.us, gateway.eu]) simulator.behave({ kind: 'status', status: 500 });
    const before = attempts();
    await gateway.chat(await keyWith({ config: { max_attempts: 1 } }));
    expect(attempts() - before).toBe(1);
    for (const simulator of [gateway.us, gateway.eu]) simulator.behave(undefined);
  });

  it('is how long one request may take', async () => {
    for (const simulator of [gateway.us, gateway.eu]) simulator.behave({ kind: 'hang', when: 'before-headers' });
    const refused = await gateway.chat(await keyWith({ config: { timeout_seconds: 0.2 } }));
    expect(refused.status).toBe(504);
    for (const simulator of [gateway.us, gateway.eu]) simulator.behave(undefined);
  });

  it('is what becomes of a stream that breaks', async () => {
    const textOf = async (settings: object): Promise<string> => {
      gateway.us.script([broken]);
      return (await gateway.chat(await keyWith(settings), 'gpt-4o', { stream: true })).text;
    };
    expect(await textOf({})).toContain('[DONE]');
    const text = await textOf({ config: { stream_recovery: 'error' } });
    expect(text).not.toContain('[DONE]');
    expect(text).toContain('"error"');
  });

  it('is what the nearest to the key says', async () => {
    const settings = { config: { default_model: 'gpt-4o', max_attempts: 2 } };
    const { id } = await gateway.make('organisations', { name: 'Above', settings });
    const key = await keyWith({ config: { default_model: 'other' } }, { organisation_id: id });
    expect((await gateway.chat(key, 'x', { model: undefined })).status).toBe(200);
    expect(lastAsk()).toMatchObject({ model: 'other' });
    const shown = await gateway.admin('GET', `/admin/organisations/${id}`);
    expect(shown.body.settings).toEqual(settings);
  });

  it.each([
    [{ config: { default_modle: 'x' } }, 'settings.config.default_modle'],
    [{ config: { max_attempts: 0 } }, 'settings.config.max_attempts'],
    [{ quotas: { requests_per_day: 0 } }, 'settings.quotas.requests_per_day'],
  ])('is refused where it says nothing: %j', async (settings, param) => {
    const refused = await gateway.admin('POST', '/admin/tenants', { name: 'x', settings });
    expect(refused).toMatchObject({ status: 400, body: { error: { param } } });
  });
});
