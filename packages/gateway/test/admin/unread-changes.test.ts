import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../src/canonical/gateway-error.ts';
import { type TestPlace, testDialects } from '../../src/stores/sql/test-databases.fixture.ts';
import { type RecordGateway, startRecordGateway } from './record-gateway.ts';

describe.each(testDialects)(
  'a change that was written and could not be read was answered 503, on $name',
  ({ create }) => {
    let simulator: Simulator;
    let place: TestPlace;
    let gateway: RecordGateway;
    let key: string;
    let isUnreadable: boolean;
    beforeEach(async () => {
      [simulator, place] = await Promise.all([startSimulator({}), create()]);
      gateway = await startRecordGateway({ location: place.location, config: { auth: { mode: 'required' } } });
      key = (await gateway.admin('POST', '/admin/keys', { name: 'test' })).body.key;
      isUnreadable = false;
      const { budgets, keys, providers } = gateway.record.stores;
      const unhurt = [providers.list, budgets.list, keys.tokenBudgets] as const;
      vi.spyOn(providers, 'list').mockImplementation(refusing(unhurt[0].bind(providers)));
      vi.spyOn(budgets, 'list').mockImplementation(refusing(unhurt[1].bind(budgets)));
      vi.spyOn(keys, 'tokenBudgets').mockImplementation(refusing(unhurt[2].bind(keys)));
    });
    afterEach(async () => {
      vi.restoreAllMocks();
      await gateway.stop();
      await Promise.all([simulator.close(), place.drop()]);
    });

    /** Refuses to read for as long as the test wants. */
    const refusing =
      <Input extends readonly unknown[], Output>(read: (...input: Input) => Promise<Output>) =>
      async (...input: Input): Promise<Output> => {
        if (isUnreadable) throw new GatewayError('store_unavailable', 'The record is away.');
        return read(...input);
      };

    const provider = (name: string) =>
      gateway.admin('POST', '/admin/providers', {
        name,
        kind: 'openai',
        api_key: 'sk-1',
        base_url: `${simulator.url}/v1`,
      });
    const unreadParts = async () =>
      Number(/^gateway_record_unread_parts (\d+)$/m.exec(await gateway.metricsText())?.[1]);
    const isFollowed = () => vi.waitFor(async () => expect(await unreadParts()).toBe(0), { timeout: 20_000 });

    it('and holds as soon as it can be read', async () => {
      const { id } = (await provider('main')).body;
      isUnreadable = true;
      const made = await gateway.admin('POST', '/admin/models', { name: 'late', provider_id: id });
      expect([made.status, made.headers.get('x-gateway-unread')]).toEqual([201, 'providers']);
      expect((await gateway.admin('POST', '/admin/models', { name: 'late', provider_id: id })).status).toBe(409);
      expect(await unreadParts()).toBe(1);
      expect((await gateway.chat(key, 'late')).status).toBe(404);
      isUnreadable = false;
      await isFollowed();
      expect((await gateway.chat(key, 'late')).status).toBe(200);
      const log = gateway.rawLog().split('\n');
      expect(
        log.filter((line) => line.includes("the record's providers could not be read") && line.includes('"WARN"')),
      ).toHaveLength(1);
      // It was done, so it is in the audit log.
      const { body } = await gateway.admin('GET', '/admin/audit');
      expect(JSON.stringify(body)).toContain('model.created');
      const next = await provider('another');
      expect([next.status, next.headers.has('x-gateway-unread')]).toEqual([201, false]);
    });

    it('whatever it was of', async () => {
      const made = await gateway.admin('POST', '/admin/budgets', {
        name: 'all',
        scope: 'global',
        period: 'day',
        cap_usd: 1,
      });
      isUnreadable = true;
      const budget = `/admin/budgets/${made.body.id}`;
      const replies = [
        await gateway.admin('PUT', budget, { cap_usd: 2 }),
        await gateway.admin('DELETE', budget),
        await gateway.admin('POST', '/admin/keys', { name: 'another', token_budget: 10 }),
      ];
      expect(replies.map(({ headers, status }) => [status, headers.get('x-gateway-unread')])).toEqual([
        [200, 'budgets'],
        [204, 'budgets'],
        [201, 'budgets, keys'],
      ]);
      isUnreadable = false;
      await isFollowed();
      expect([gateway.record.budgets.held, gateway.record.tokenBudgets.held.length]).toEqual([[], 1]);
    });
  },
);
