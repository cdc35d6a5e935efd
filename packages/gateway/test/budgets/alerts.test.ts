import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BudgetScene, costOfAnswer, NANOS, openBudgetScene } from './budget-scene.ts';

interface Delivery {
  readonly id: string;
  readonly signature: string;
  readonly body: string;
}

/** Statuses that the receiver answers with; 204 when none is left. */
let statuses: number[];
let deliveries: Delivery[];
let receiver: Server;
let scene: BudgetScene;
beforeEach(async () => {
  [statuses, deliveries] = [[], []];
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { 'x-gateway-delivery': id, 'x-gateway-signature': signature } = request.headers;
      deliveries.push({ id: String(id), signature: String(signature), body: Buffer.concat(chunks).toString() });
      response.writeHead(statuses.shift() ?? 204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await scene.close();
  receiver.closeAllConnections();
  receiver.close();
});

const open = (allowed: readonly string[]) => {
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook?token=of-the-address`;
  const webhooks = [{ url, secret: 'of-the-webhook' }];
  return openBudgetScene({ budgets: { webhooks, webhook_allowed_hosts: allowed } });
};

const WAIT = { timeout: 10_000, interval: 20 };
const arrived = (count: number) => expect.poll(() => deliveries.length, WAIT).toBe(count);

it('a soft budget lets everything pass and tells of each threshold once, also after a restart', async () => {
  scene = await open(['127.0.0.1']);
  const { key } = await scene.key();
  const spent = costOfAnswer(await scene.gateway.chat(key, 'priced'));
  const fields = { name: 'Team A', cap_usd: (spent * 4) / NANOS, thresholds: [20, 60, 110], is_hard: false };
  const id = await scene.budget({ ...fields, model: 'other', period: 'total' });
  await scene.gateway.chat(key, 'other');
  await arrived(1);
  await scene.gateway.chat(key, 'other');
  await scene.restart();
  for (let count = 0; count < 4; count++) expect((await scene.gateway.chat(key, 'other')).status).toBe(200);
  await arrived(3);
  const messages = deliveries.map(({ body }) => JSON.parse(body));
  expect(messages.map((message) => message.threshold_percent)).toEqual([20, 60, 110]);
  expect(messages[0]).toMatchObject({
    type: 'budget.threshold_reached',
    budget: { id, name: 'Team A', scope: 'global', model: 'other', window: 'total', is_hard: false },
    spent_nano_dollars: String(spent),
  });
  for (const { body, id: delivery, signature } of deliveries) {
    const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature)!;
    expect(digest).toBe(createHmac('sha256', 'of-the-webhook').update(`${seconds}.${body}`).digest('hex'));
    expect(JSON.parse(body).id).toBe(delivery);
  }
  const log = scene.gateway.rawLog();
  expect(log).toContain('The budget Team A came to 110 %');
  expect(log).not.toMatch(/of-the-webhook|of-the-address/);
  expect(await scene.gateway.metricsText()).toMatch(new RegExp(`gateway_budget_alerts_total\\{budget="${id}"\\} [12]`));
  const audited = await scene.gateway.admin('GET', '/admin/audit?kind=budget.threshold_reached');
  expect(audited.text).toContain('"percent":110');
});

it('a cap that was set below what is spent told nobody', async () => {
  scene = await open(['127.0.0.1']);
  const { key } = await scene.key();
  const thresholds = [50, 100];
  const id = await scene.budget({ name: 'Lowered', cap_usd: 5, thresholds });
  const spent = costOfAnswer(await scene.gateway.chat(key, 'priced'));
  await expect.poll(async () => (await scene.standing(id)).spent_usd, WAIT).toBe(spent / NANOS);
  const lower = async (nanos: number) => {
    const { status } = await scene.gateway.admin('PUT', `/admin/budgets/${id}`, { cap_usd: nanos / NANOS });
    expect(status).toBe(200);
  };
  await lower(spent * 3);
  await lower(spent * 2);
  await arrived(1);
  await lower(spent);
  await arrived(2);
  await lower(0);
  await lower(spent * 5);
  await lower(spent);
  await scene.restart();
  expect((await scene.gateway.chat(key, 'priced')).status).toBe(429);
  // One that is made when its share is spent already.
  await scene.budget({ name: 'Late', cap_usd: spent / NANOS, period: 'month', thresholds });
  await arrived(4);
  const messages = deliveries.map(({ body }) => JSON.parse(body));
  expect(messages.map(({ budget, threshold_percent }) => [budget.name, threshold_percent])).toEqual([
    ['Lowered', 50],
    ['Lowered', 100],
    ['Late', 50],
    ['Late', 100],
  ]);
  expect(messages[1]).toMatchObject({ spent_nano_dollars: String(spent), cap_nano_dollars: String(spent) });
});

it('a message that was not taken is sent again under the same id', async () => {
  scene = await open(['127.0.0.1']);
  statuses = [503];
  const { key } = await scene.key();
  await scene.budget({ cap_usd: 0, is_hard: false, thresholds: [1] });
  await scene.gateway.chat(key, 'priced');
  await arrived(2);
  expect(new Set(deliveries.map(({ body, id }) => `${id} ${body}`)).size).toBe(1);
});

it('nobody is told at a private address, unless it is allowed by name', async () => {
  scene = await open([]);
  const { key } = await scene.key();
  await scene.budget({ cap_usd: 0, is_hard: false, thresholds: [1] });
  await scene.gateway.chat(key, 'priced');
  await expect.poll(() => scene.gateway.rawLog(), WAIT).toContain('is at a private address');
  expect(deliveries).toEqual([]);
});

it('the metrics tell how budgets stand, and whom they refused', async () => {
  scene = await open([]);
  const { key } = await scene.key();
  const id = await scene.budget({ cap_usd: 0.5 });
  const spent = costOfAnswer(await scene.gateway.chat(key, 'priced'));
  await scene.gateway.admin('PUT', `/admin/budgets/${id}`, { cap_usd: 0 });
  await scene.gateway.chat(key, 'priced');
  const text = await scene.gateway.metricsText();
  expect(text).toContain(`gateway_budget_cap_dollars{budget="${id}"} 0\n`);
  expect(text).toContain(`gateway_budget_spent_dollars{budget="${id}"} ${spent / NANOS}\n`);
  expect(text).toContain(`gateway_budget_reserved_dollars{budget="${id}"} 0\n`);
  expect(text).toContain(`gateway_budget_exceeded_total{budget="${id}"} 1\n`);
  await scene.gateway.admin('DELETE', `/admin/budgets/${id}`);
  expect(await scene.gateway.metricsText()).not.toContain(`gateway_budget_spent_dollars{budget="${id}"}`);
});
