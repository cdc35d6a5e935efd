import { describe, expect, it } from 'vitest';
import { testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { useRecordOn } from '../admin/use-record.ts';

describe.each(testDialects)('changes in the audit log on $name', ({ create }) => {
  const record = useRecordOn(create);

  const made = async (list: string, body: object) => (await record.gateway.admin('POST', `/admin/${list}`, body)).body;
  const detailsOf = async ({ id }: { readonly id: string }): Promise<readonly object[]> => {
    const { body } = await record.gateway.admin('GET', `/admin/audit?subject=${id}`);
    return body.map(({ detail }: { readonly detail: object }) => detail).reverse();
  };

  it('told that a cap was changed, but not to what', async () => {
    const asked = { scope: 'global', period: 'day', cap_usd: 5 };
    const budget = await made('budgets', { name: 'all', ...asked });
    await record.gateway.admin('PUT', `/admin/budgets/${budget.id}`, { cap_usd: 5_000, is_hard: false });
    const changed = ['cap_usd', 'is_hard'];
    expect(await detailsOf(budget)).toEqual([
      { name: 'all', values: asked },
      { name: 'all', changed, values: { cap_usd: 5_000, is_hard: false } },
    ]);
  });

  it('did not tell that a key may administer, or of whom it is', async () => {
    await made('tenants', { id: 'acme', name: 'Acme', settings: { regions: ['eu'] } });
    const values = { tenant_id: 'acme', scopes: { admin: 'tenant' } };
    const key = await made('keys', { name: 'boss', metadata: { note: 'private' }, ...values });
    await record.gateway.admin('PUT', `/admin/keys/${key.id}`, { scopes: { models: ['a'] }, metadata: {} });
    expect(await detailsOf(key)).toEqual([
      { name: 'boss', values },
      { name: 'boss', changed: ['scopes', 'metadata'], values: { scopes: { models: ['a'] } } },
    ]);
    expect(await detailsOf({ id: 'acme' })).toEqual([{ name: 'Acme', values: { settings: { regions: ['eu'] } } }]);
  });

  it('did not tell for how long two values of a key are good, nor whether its usage was reset', async () => {
    const key = await made('keys', { name: 'app', token_budget: 5 });
    const change = async (method: string, path: string, body: object) =>
      (await record.gateway.admin(method, `/admin/keys/${key.id}${path}`, body)).body;
    const { grace_until } = await change('POST', '/rotate', { grace_seconds: 60 });
    await change('POST', '/rotate', {});
    const changed = ['reset_usage'];
    await change('PUT', '', { reset_usage: false });
    const { usage_reset_at } = await change('PUT', '', { reset_usage: true });
    expect([grace_until, usage_reset_at]).not.toContain(null);
    expect((await detailsOf(key)).slice(1)).toEqual([
      { name: 'app', values: { grace_until } },
      { name: 'app', values: { grace_until: null } },
      { name: 'app', changed, values: {} },
      { name: 'app', changed, values: { usage_reset_at } },
    ]);
  });

  it('told of a key that was revoked before that it was, by whoever tried', async () => {
    const key = await made('keys', { name: 'gone' });
    for (let count = 0; count < 2; count++) {
      expect((await record.gateway.admin('DELETE', `/admin/keys/${key.id}`)).status).toBe(204);
    }
    expect(await detailsOf(key)).toHaveLength(2);
  });

  it('did not tell where a credential is sent from now on, and never tells the credential', async () => {
    const provider = await made('providers', { name: 'main', kind: 'openai', api_key: 'sk-upstream-secret' });
    const changes = { base_url: 'http://127.0.0.1:9/v1', api_key: 'sk-other-secret' };
    await record.gateway.admin('PUT', `/admin/providers/${provider.id}`, changes);
    const model = await made('models', { name: 'fast', provider_id: provider.id, provider_model_name: 'a' });
    const details = await detailsOf(provider);
    expect(details.at(-1)).toMatchObject({ changed: ['api_key', 'base_url'], values: { base_url: changes.base_url } });
    expect(JSON.stringify(details)).not.toContain('secret');
    expect(await detailsOf(model)).toMatchObject([{ values: { provider_id: provider.id, provider_model_name: 'a' } }]);
  });
});
