import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AskedAhead } from './ask-ahead.ts';
import { AskedTarget } from './asked-target.ts';
import { unneededParts } from './attempt-ring.fixture.ts';
import { createAttemptRing } from './attempt-ring.ts';
import { createChatExchange } from './exchange.fixture.ts';
import type { CancelReason, Exchange } from './exchange.ts';
import { createHedge } from './hedge.ts';
import { createHealthRegistry } from './resilience/health.ts';
import { makePlan } from './routing/plan.fixture.ts';
import { makeResolution, makeRoute, makeTarget, member } from './routing/target.fixture.ts';
import { createTargetLoad } from './routing/target-load.ts';
import { createTargetObservations } from './routing/target-observations.ts';
import { createUnsettled } from './stores/limit-store.fixture.ts';
import type { ReservingLimitStore } from './stores/limit-store.ts';
import { createManualClock } from './stores/manual-clock.fixture.ts';
import { createMemoryLimitStore } from './stores/memory/limit-store.ts';
import { createMemorySlotStore } from './stores/memory/slot-store.ts';
import type { SlotStore } from './stores/slot-store.ts';
import type { UpstreamHandler } from './transport/upstream-call.ts';

const WHOLE_MS = 2_000;
const REQUESTS = 30;
const TOKENS = 1_000_000;
const answer = Buffer.from(
  JSON.stringify({
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
  }),
);

/** What an upstream does with a request, and what befalls one meanwhile. */
const behaviours = ['answer', 'hang', 'refuse', 'break', 'fall silent', 'fail at once'] as const;
const script = fc.record({
  behaviour: fc.tuple(fc.constantFrom(...behaviours), fc.constantFrom(...behaviours)),
  /** After so many steps of the whole; undefined: it stays. */
  leavesAfter: fc.option(fc.nat(30), { nil: undefined }),
  reason: fc.constantFrom<CancelReason>('client_closed', 'deadline', 'shutting_down'),
  begin: fc.constantFrom('plain', 'ahead', 'dropped', 'hedged'),
  startsAfter: fc.nat(12),
  /** Of speech nobody can tell what it took. */
  operation: fc.constantFrom('chat', 'speech'),
});
const targets = fc.record({
  places: fc.constantFrom(undefined, 1, 2),
  isShared: fc.boolean(),
  hasTokenLimit: fc.boolean(),
  signs: fc.constantFrom('no', 'late', 'never'),
});
type Script = typeof script extends fc.Arbitrary<infer Value> ? Value : never;
type Targets = typeof targets extends fc.Arbitrary<infer Value> ? Value : never;

/** Two targets whose limits and places are kept elsewhere: every answer comes when chance has it. */
function setUp(scheduler: fc.Scheduler, { hasTokenLimit, isShared, places, signs }: Targets) {
  const clock = createManualClock();
  const slots = createMemorySlotStore({ clock });
  const limits = createMemoryLimitStore({ clock });
  const late = <Value>(value: Value, name: string): Promise<Value> => scheduler.schedule(Promise.resolve(value), name);
  const unsettled = createUnsettled();
  const lateSlots: SlotStore = {
    acquire: (pool, signal) => late(undefined, 'place').then(() => slots.acquire(pool, signal)),
    resize: (pool) => slots.resize(pool),
    counts: (id) => slots.counts(id),
  };
  const lateLimits: ReservingLimitStore = {
    take: (claims) => late(limits.take(claims), 'limit'),
    reserve: (claims) => late(undefined, 'limit').then(() => unsettled.watch(limits.reserve(claims))),
  };
  const bucket = (id: string, capacity: number) =>
    ({ id, algorithm: 'token_bucket', capacity, refillPerSecond: 0 }) as const;
  const rules = { requests: bucket('rpm', REQUESTS), tokens: bucket('tpm', TOKENS) };
  const sign = async () => {
    await late(undefined, 'signature');
    if (signs === 'never') await new Promise(() => {});
    return [];
  };
  const tier = ['first', 'second'].map((id) =>
    member(
      makeTarget(id, {
        limits: [rules.requests],
        ...(hasTokenLimit && { tokenLimit: rules.tokens }),
        ...(signs !== 'no' && { sign }),
        bulkhead: places && { id: `place/${id}`, isShared, maxConcurrent: places, maxQueue: 2, timeoutMs: 500 },
      }),
      'm',
    ),
  );
  const sent = new Map<string, number>();
  const watch = {
    health: createHealthRegistry({ clock, random: () => 0, onChange: () => {} }),
    observations: createTargetObservations(clock),
    ejection: undefined,
    adaptiveLimits: undefined,
  };
  const load = createTargetLoad();
  return { clock, slots, limits, lateSlots, lateLimits, late, rules, tier, sent, watch, load, unsettled };
}

type Scene = ReturnType<typeof setUp>;

/** Plays what an upstream does, as long as it is not aborted. */
async function play(behaviour: Script['behaviour'][0], handler: UpstreamHandler, scene: Scene, isOver: () => boolean) {
  const step = async (act: () => void) => {
    await scene.late(undefined, behaviour);
    if (!isOver()) act();
  };
  if (behaviour === 'hang') return;
  if (behaviour === 'refuse') return step(() => handler.onError(new Error('reset'), false));
  const headers = ['content-type', 'application/json', 'content-length', String(answer.length)];
  await step(() => handler.onHead(200, headers));
  if (behaviour === 'fall silent') return step(() => void handler.onData(answer.subarray(0, 9)));
  await step(() => void handler.onData(behaviour === 'break' ? answer.subarray(0, 9) : answer));
  await step(() => (behaviour === 'break' ? handler.onError(new Error('reset'), false) : handler.onEnd()));
}

function run(scene: Scene, scripts: readonly Script[]) {
  const { clock, lateLimits, lateSlots, load, sent, tier, watch } = scene;
  const behavioursLeft = scripts.flatMap(({ behaviour }) => behaviour);
  const ring = createAttemptRing({
    ...unneededParts,
    transport: {
      send({ origin }, handler) {
        sent.set(origin, (sent.get(origin) ?? 0) + 1);
        const behaviour = behavioursLeft.shift()!;
        let isOver = false;
        if (behaviour === 'fail at once') handler.onError(new Error('refused'), false);
        else void play(behaviour, handler, scene, () => isOver);
        const abort = () => {
          isOver = true;
        };
        return { isSent: true, abort, resume() {} };
      },
      close: async () => {},
    },
    watch,
    load,
    slots: lateSlots,
    limits: lateLimits,
  });
  const hedge = createHedge({
    clock,
    attemptRing: ring,
    latencyOf: () => ({ observe: () => undefined, quantile: () => 100 }),
    budget: { reserveSecond: () => scene.late({ keep() {}, release() {} }, 'budget') },
    onHedge: () => undefined,
    reportInternal: (error) => {
      throw error;
    },
  });
  const exchanges: Exchange[] = [];
  const one = async ({ begin, leavesAfter, operation, reason, startsAfter }: Script): Promise<void> => {
    for (let step = 0; step < startsAfter; step++) await scene.late(undefined, 'start');
    const exchange = createChatExchange(clock, { operation });
    exchanges.push(exchange);
    exchange.body = Buffer.from('{"messages":[]}');
    const resolution = makeResolution(makeRoute([], { tiers: [tier] }));
    const plan = makePlan({ resolution });
    const deadline = clock.now() + WHOLE_MS;
    const step = plan.next(undefined, clock.now(), deadline)!;
    const leaving = (async () => {
      for (let count = 0; count < (leavesAfter ?? 0); count++) await scene.late(undefined, 'leave');
      if (leavesAfter !== undefined) exchange.cancel(reason);
    })();
    if (begin === 'ahead' || begin === 'dropped') {
      const parts = { limits: lateLimits, slots: lateSlots, adaptive: undefined };
      exchange.ahead = new AskedAhead(plan, step, new AskedTarget(parts, exchange, step.routeTarget.target));
      if (begin === 'dropped') exchange.ahead.drop();
    }
    const hedging = { percentile: 95, minDelayMs: 100, maxExtraPercent: 100 };
    if (begin === 'hedged') await hedge({ exchange, step, plan, deadline, routeId: 'r', hedging });
    else await ring(exchange, step, deadline);
    exchange.ahead?.drop();
    await leaving;
  };
  return { exchanges, ended: Promise.all(scripts.map(one)) };
}

it('an attempt leaves nothing behind, whoever leaves at which moment, and counts what was sent and no more', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      targets,
      fc.array(script, { minLength: 1, maxLength: 6 }),
      async (scheduler, settings, scripts) => {
        const scene = setUp(scheduler, settings);
        const { clock, limits, load, rules, sent, slots, tier, unsettled, watch } = scene;
        const { exchanges, ended } = run(scene, scripts);
        let isEnded = false;
        void ended.then(() => {
          isEnded = true;
        });
        for (let turn = 0; turn < 400 && !(isEnded && scheduler.count() === 0); turn++) {
          if (scheduler.count() > 0) await scheduler.waitOne();
          else clock.advance(50);
          await new Promise((resolve) => setImmediate(resolve));
        }
        expect(isEnded).toBe(true);
        clock.advance(10_000);
        expect([clock.pending(), unsettled.count()]).toEqual([0, 0]);
        for (const { target } of tier) {
          expect(slots.counts(`place/${target.id}`)).toEqual({ inFlight: 0, queued: 0 });
          expect([load.inFlight(target.id), watch.observations.of(target, 'm').inFlight]).toEqual([0, 0]);
          const left = limits.take([{ rule: rules.requests, key: target.id, cost: 0 }]).remaining;
          expect(REQUESTS - left).toBe(sent.get(target.origin) ?? 0);
          const own = exchanges.flatMap(({ attempts }) => attempts.filter(({ targetId }) => targetId === target.id));
          if (!settings.hasTokenLimit || own.some(({ isUseUnknown }) => isUseUnknown)) continue;
          const used = own.reduce((sum, { usage }) => sum + (usage ? usage.input + usage.output : 0), 0);
          expect(TOKENS - limits.take([{ rule: rules.tokens, key: target.id, cost: 0 }]).remaining).toBe(used);
        }
      },
    ),
    { numRuns: 200 },
  );
}, 60_000);
