import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BuiltGateway, buildGateway, type GatewayProcess } from '../acceptance/built-gateway.ts';
import { chat, chats, childrenOf, freePort, isCut, openChat, tally } from './fleet.ts';

let built: BuiltGateway;
let first: Simulator;
let second: Simulator;
let gateway: GatewayProcess;

beforeAll(async () => {
  built = await buildGateway();
});
afterAll(() => built.remove());
beforeEach(async () => {
  first = await startSimulator({ name: 'first' });
  second = await startSimulator({ name: 'second' });
});
afterEach(async () => {
  gateway.signal('SIGKILL');
  await gateway.ended;
  await Promise.all([first.close(), second.close()]);
});

const WORKERS = 2;

async function start(sections: string, args: readonly string[] = [], ofFirst = ''): Promise<string> {
  const config = `
server: { host: 127.0.0.1, port: 0 }
models:
  sim:
    strategy: priority
    providers:
      - { name: one, api_base: "${first.url}/v1", api_key: none, priority: 1${ofFirst && `, ${ofFirst}`} }
      - { name: two, api_base: "${second.url}/v1", api_key: none, priority: 2 }
${sections}`;
  const flags = args.includes('--metrics-port') ? args : ['--metrics-port', '0', ...args];
  gateway = await built.start({
    args: ['start', '--workers', String(WORKERS), ...flags],
    files: { 'config.yaml': config },
  });
  return gateway.listening();
}

const sum = (metrics: string, name: string, label = ''): number =>
  metrics
    .split('\n')
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label))
    .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);

/** Most attempts of the simulator that were under way at once. */
function mostAtOnce({ attempts }: Simulator): number {
  const changes = attempts.flatMap(({ startedAt, endedAt = Number.POSITIVE_INFINITY }) => [
    { at: startedAt, by: 1 },
    { at: endedAt, by: -1 },
  ]);
  changes.sort((left, right) => left.at - right.at || left.by - right.by);
  let now = 0;
  return changes.reduce((most, { by }) => {
    now += by;
    return Math.max(most, now);
  }, 0);
}

describe('what all workers share', () => {
  it('is a limit that is exact however requests spread, and metrics of all on both ports', async () => {
    const metricsPort = await freePort();
    const url = await start('rate_limit: { requests_per_minute: 20 }\n', ['--metrics-port', String(metricsPort)]);
    const replies = await chats(url, 100);
    expect(tally(replies)).toEqual({ 200: 20, 429: 80 });
    expect(
      replies.filter(({ status }) => status === 429).every(({ headers }) => Number(headers['retry-after']) > 0),
    ).toBe(true);
    expect(first.attemptCount).toBe(20);
    for (const base of [url, url, url, `http://127.0.0.1:${metricsPort}`]) {
      const metrics = await (await fetch(`${base}/metrics`)).text();
      expect(sum(metrics, 'gateway_requests_total', 'status="200"')).toBe(20);
      expect(sum(metrics, 'gateway_requests_total', 'status="429"')).toBe(80);
    }
    expect((await fetch(`http://127.0.0.1:${metricsPort}/v1/models`)).status).toBe(404);
  });

  it('is what a target may be sent of tokens in a minute', async () => {
    first.behave({ kind: 'answer', usage: { prompt_tokens: 10, completion_tokens: 90, total_tokens: 100 } });
    const url = await start('', [], 'rate_limit: { tokens_per_minute: 1200 }');
    const startedAt = Date.now();
    const replies = [...(await chats(url, 40, { max_tokens: 90 })), ...(await chats(url, 20, { max_tokens: 90 }))];
    const seconds = (Date.now() - startedAt) / 1_000;
    expect(tally(replies)).toEqual({ 200: 60 });
    expect(first.attemptCount + second.attemptCount).toBe(60);
    expect(first.attemptCount).toBeGreaterThanOrEqual(10);
    expect(first.attemptCount).toBeLessThanOrEqual(Math.floor((1_200 + seconds * 20) / 100));
  });

  it('is the number of requests at once, and the queue', async () => {
    first.behave({ kind: 'hang', when: { afterTokens: 1 } });
    const url = await start('queue: { max_concurrent: 3, max_size: 5 }\n');
    const holders = await Promise.all(Array.from({ length: 3 }, () => openChat(url, { stream: true })));
    first.behave({ kind: 'answer' });
    const waiting = chats(url, 5);
    const depth = async () => sum(await (await fetch(`${url}/metrics`)).text(), 'gateway_queue_depth');
    await vi.waitUntil(async () => (await depth()) === 5, { timeout: 20_000 });
    const refused = await chats(url, 22);
    expect(tally(refused)).toEqual({ 503: 22 });
    expect(refused.filter(({ text }) => text.includes('"queue_full"'))).toHaveLength(22);
    expect(first.attemptCount).toBe(3);
    for (const holder of holders) holder.destroy();
    expect(tally(await waiting)).toEqual({ 200: 5 });
    expect(tally(await chats(url, 8))).toEqual({ 200: 8 });
    expect(mostAtOnce(first)).toBe(3);
  });

  it('is what is known of a target: one that failed for some is passed over by all', async () => {
    first.behave('f4');
    const url = await start('resilience: { retry: { initial_delay_ms: 1, max_delay_ms: 2 } }\n');
    const states = async (): Promise<string[]> =>
      Promise.all(
        Array.from({ length: 6 }, async () => {
          const reply = await fetch(`${url}/health?detailed=true`, { headers: { connection: 'close' } });
          const { providers } = (await reply.json()) as { providers: { id: string; status: string }[] };
          return providers.find(({ id }) => id.includes('one'))!.status;
        }),
      );
    for (let request = 0; request < 6; request++) {
      expect((await chat(url)).headers['x-simulator']).toBe('second');
    }
    await vi.waitUntil(async () => (await states()).every((state) => state === 'degraded'), { timeout: 20_000 });
    const { attemptCount } = first;
    // Three would do; what was under way when it was taken out may come on top.
    expect(attemptCount).toBeLessThanOrEqual(3 + WORKERS);
    for (let request = 0; request < 10; request++) {
      expect((await chat(url)).headers['x-simulator']).toBe('second');
    }
    expect(first.attemptCount).toBe(attemptCount);
  });
});

describe('a worker that is killed', () => {
  it('gives back what it held; the others go on, and another takes its place', async () => {
    first.behave({ kind: 'hang', when: { afterTokens: 2 } });
    const url = await start('queue: { max_concurrent: 6, max_size: 50 }\n');
    const streams = await Promise.all(Array.from({ length: 6 }, () => openChat(url, { stream: true })));
    const endings = streams.map(async (stream) => ({ stream, wasCut: await isCut(stream) }));
    const workers = await childrenOf(gateway.pid);
    expect(workers).toHaveLength(WORKERS);
    first.behave({ kind: 'answer' });
    const waiting = chats(url, 4);
    process.kill(workers[0]!, 'SIGKILL');
    const { wasCut } = await Promise.race(endings);
    expect(wasCut).toBe(true);
    const served = tally(
      (await Promise.allSettled([waiting])).flatMap((each) => (each.status === 'fulfilled' ? each.value : [])),
    );
    // Those that waited in the worker that died went with it.
    expect(served[503] ?? 0).toBe(0);
    expect(tally(await chats(url, 10))).toEqual({ 200: 10 });
    const alive = streams.filter((stream) => !stream.destroyed).length;
    expect(alive).toBeGreaterThan(0);
    expect(alive).toBeLessThan(6);
    await gateway.waitForOutput('serves in the place of one that died');
    const now = await childrenOf(gateway.pid);
    expect(now).toHaveLength(WORKERS);
    expect(now).not.toContain(workers[0]);
    expect(tally(await chats(url, 20))).toEqual({ 200: 20 });
    for (const stream of streams) stream.destroy();
    await first.waitUntil(() => first.attempts.every(({ outcome }) => outcome !== undefined));
    expect(gateway.stdout()).toMatch(/Worker \d+ died \(SIGKILL\); another takes its place/);
  });

  it('leaves nobody waiting in vain, not even those that were on their way to it', async () => {
    const url = await start('');
    let isOver = false;
    const outcomes: string[] = [];
    const outcomeOf = async (): Promise<string> => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<string>((resolve) => {
        timer = setTimeout(resolve, 5_000, 'in vain');
      });
      const answer = chat(url).then(
        ({ status }) => String(status),
        ({ code }: { code: string }) => code,
      );
      return Promise.race([answer, late]).finally(() => clearTimeout(timer));
    };
    const callers = Array.from({ length: 30 }, async () => {
      while (!isOver) outcomes.push(await outcomeOf());
    });
    for (let killed = 1; killed <= 2; killed++) {
      const before = outcomes.length;
      await vi.waitUntil(() => outcomes.length > before + 100, { timeout: 30_000 });
      process.kill((await childrenOf(gateway.pid))[0]!, 'SIGKILL');
      await gateway.waitForOutput('serves in the place of one that died', killed);
    }
    isOver = true;
    await Promise.all(callers);
    const kinds = new Set(outcomes);
    for (const broken of ['ECONNRESET', 'EPIPE']) kinds.delete(broken);
    expect(kinds).toEqual(new Set(['200']));
    expect(tally(await chats(url, 10))).toEqual({ 200: 10 });
  });

  it('with all the others is replaced, too, and nobody waits in vain meanwhile', async () => {
    // With any port, the new workers would take another one.
    const url = await start('', ['--port', String(await freePort())]);
    const flood = Array.from({ length: 60 }, () => chat(url).catch((error: Error) => error));
    for (const worker of await childrenOf(gateway.pid)) process.kill(worker, 'SIGKILL');
    // Served, cut or refused; a reply that never comes is what would fail this.
    await Promise.all(flood);
    await gateway.waitForOutput('serves in the place of one that died', WORKERS);
    expect(tally(await chats(url, 20))).toEqual({ 200: 20 });
  });
});
