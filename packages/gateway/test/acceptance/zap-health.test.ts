import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import type { HealthRegistry } from '../../src/resilience/health.ts';
import { createHealthProbes } from '../../src/server/health-probes.ts';
import { createManualClock, type ManualClock } from '../../src/stores/manual-clock.fixture.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { call, hello } from './caller.ts';

let first: Simulator;
let second: Simulator;
let gateway: TestGateway;
let clock: ManualClock;
let judged: MockInstance<HealthRegistry['reportProbe']>;
let probes: ReturnType<typeof createHealthProbes>;

beforeEach(async () => {
  first = await startSimulator({ name: 'first', apiKey: 'first-key' });
  second = await startSimulator({ name: 'second', apiKey: 'second-key' });
  const backend = { weight: 1, health_path: '/v1/models' };
  gateway = await startTestGateway({
    config: {
      backends: [
        { ...backend, url: first.url, api_key: 'first-key', default_model: 'a' },
        { ...backend, url: second.url, api_key: 'second-key', default_model: 'b' },
      ],
    },
  });
  // The time of probes is the test's, everything else runs on the system's.
  clock = createManualClock();
  judged = vi.spyOn(gateway.health, 'reportProbe');
  probes = createHealthProbes({ registry: gateway.health, clock, random: () => 0 });
  probes.update(gateway.gateway.runtime.catalog.targets.values());
});

afterEach(async () => {
  probes.stop();
  await gateway.stop();
  await Promise.all([first.close(), second.close()]);
});

/** Lets time go by, and waits until the probe of each backend that fell due is judged. */
async function pass(ms: number): Promise<void> {
  const expected = judged.mock.calls.length + 2;
  clock.advance(ms);
  await vi.waitUntil(() => judged.mock.calls.length >= expected, { timeout: 20_000, interval: 1 });
}

async function served(requests: number): Promise<Set<string | null>> {
  const names = new Set<string | null>();
  for (let request = 0; request < requests; request++) {
    const response = await call(gateway.url, { messages: hello });
    expect(response.status).toBe(200);
    names.add(response.headers.get('x-simulator'));
    await response.arrayBuffer();
  }
  return names;
}

describe('probes of backends', () => {
  it('go to the health path every ten seconds, with the key of the backend', async () => {
    await pass(0);
    clock.advance(9_999);
    expect(first.probes).toHaveLength(1);
    await pass(1);
    expect(first.probes.map(({ method, path, status }) => [method, path, status])).toEqual([
      ['GET', '/v1/models', 200],
      ['GET', '/v1/models', 200],
    ]);
    expect(first.probes[0]!.headers.authorization).toBe('Bearer first-key');
    expect(second.probes[0]!.headers.authorization).toBe('Bearer second-key');
  });

  it('take a backend out after three failures in a row, and bring it back with one success', async () => {
    await pass(0);
    first.setHealth(500);
    await pass(10_000);
    await pass(10_000);
    expect(await served(4)).toEqual(new Set(['first', 'second']));
    await pass(10_000);
    expect(await served(4)).toEqual(new Set(['second']));
    first.setHealth(200);
    await pass(10_000);
    expect(await served(4)).toEqual(new Set(['first', 'second']));
  });

  it('forgive failures that are not in a row', async () => {
    await pass(0);
    for (const health of [500, 500, 200, 500, 500] as const) {
      first.setHealth(health);
      await pass(10_000);
    }
    expect(await served(4)).toEqual(new Set(['first', 'second']));
  });

  it('leave a backend alone that has no such path, and take out one that refuses its key', async () => {
    first.setHealth(404);
    second.setHealth(401);
    await pass(0);
    for (let round = 0; round < 3; round++) await pass(10_000);
    expect(await served(4)).toEqual(new Set(['first']));
  });

  it('show in /ready and in the detailed health, which names neither addresses nor keys', async () => {
    const ready = async () => (await fetch(`${gateway.url}/ready`)).status;
    expect(await ready()).toBe(200);
    first.setHealth(500);
    second.setHealth('reset');
    for (let round = 0; round < 3; round++) await pass(10_000);
    expect(await ready()).toBe(503);
    expect(await (await fetch(`${gateway.url}/health`)).text()).toBe('{"status":"ok"}');
    const detailed = await (await fetch(`${gateway.url}/health?detailed=true`)).text();
    expect(JSON.parse(detailed)).toMatchObject({
      status: 'degraded',
      providers: [
        { status: 'unhealthy', usable: false },
        { status: 'unhealthy', usable: false },
      ],
    });
    expect(detailed).not.toContain('first-key');
    expect(detailed).not.toContain('http');
  });

  it('keep a backend back from which requests found dead meanwhile', async () => {
    await first.close();
    expect(await served(10)).toEqual(new Set(['second']));
  });
});
