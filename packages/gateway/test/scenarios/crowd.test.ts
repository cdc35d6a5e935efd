import { answerText } from '@llm-gateway/simulator';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { now } from '../failures/caller.ts';
import { type PendingTimers, watchTimers } from '../failures/pending-timers.ts';
import { type Ask, type Got, openAsk, readReply } from './asking.ts';
import { countSent } from './checks.ts';
import { expectNothingHeld, heldBytes, openConnections } from './held.ts';
import { type Variant, variants } from './lanes.ts';
import { judge, type Outcome } from './outcome.ts';
import { type Scene, scenes, words } from './scenes.ts';
import { attemptsOf, eventually, type Stage, startStage } from './stage.ts';

const callers = 200;
const maxAttempts = 3;
/** Brief, but not so brief that two hundred requests at once could not be answered within it. */
const timeout = {
  headers_seconds: 3,
  stream_headers_seconds: 3,
  first_token_seconds: 3,
  idle_seconds: 3,
  request_seconds: 30,
  streaming_seconds: 30,
};
/** What a garbage collector may not get at, on a usual machine, with room to spare. */
const heldAtMost = 24 * 1024 * 1024;

let stage: Stage;
let timers: PendingTimers;
/** Those that were open before anything began. */
const connections = openConnections();
beforeEach(async () => {
  // Those of the stage before may still be closing.
  await eventually(() => openConnections() === connections, 'end of the connections of the stage before');
  timers = watchTimers();
});
afterEach(async () => {
  await stage.stop();
  timers.restore();
});

async function startScene(scene: Scene): Promise<void> {
  const { each, maxConcurrent } = scene;
  stage = await startStage({
    casts: { scene },
    timeout,
    simulators: { tokens: words },
    // What everybody needs at once here would otherwise be more than the budget of further attempts allows.
    retry: { max_attempts: maxAttempts, initial_delay_ms: 10 },
    resilience: { bulkhead: { max_concurrent: 1_000, max_queue: 1_000 } },
    sections: maxConcurrent === undefined ? {} : { queue: { max_concurrent: maxConcurrent } },
  });
  if (each === undefined) return;
  const before = new Map<string, number>();
  stage.first.behave(({ headers }) => {
    const id = String(headers['x-request-id']);
    const count = before.get(id) ?? 0;
    before.set(id, count + 1);
    return each(Number(id.split('.').at(-1)), count);
  });
}

interface Told {
  readonly ask: Ask;
  readonly variant: Variant;
  /** Undefined: the caller left. */
  readonly got: Got | undefined;
}

async function callOnce(scene: Scene, variant: Variant, number: number): Promise<Told> {
  const model = stage.modelOf('scene', variant);
  const ask = { model, stream: variant.stream, id: `crowd.${number}` };
  const startedAt = now();
  const call = openAsk(stage.gateway.url, variant.lane.caller, ask);
  if (scene.leaves) {
    // Who leaves before all of the request has gone out asked nothing.
    await new Promise((resolve) => call.request.once('finish', resolve));
    // Some leave at once, some in the middle of whatever happens by then.
    await new Promise((resolve) => setTimeout(resolve, (number % 10) * 20));
    call.leave();
    return { ask, variant, got: undefined };
  }
  const response = await call.response;
  if (scene.isSlow) await new Promise((resolve) => setTimeout(resolve, (number % 10) * 20));
  return { ask, variant, got: await readReply(response, startedAt) };
}

function expectOutcomes(scene: Scene, told: readonly Told[]): void {
  const wrong = told.flatMap(({ ask, variant, got }) => {
    if (got === undefined) return [];
    const outcome: Outcome = judge(variant.lane.caller, variant.stream, got, scene.text ?? answerText(words));
    return scene[variant.mode].includes(outcome.kind) ? [] : [{ id: ask.id, ...outcome, of: variant.title }];
  });
  expect(wrong).toEqual([]);
}

/** One line for each, that says what its caller saw, and no more attempts than allowed. */
async function expectLines(told: readonly Told[]): Promise<void> {
  const count = () => stage.gateway.rawLog().split('"latency_ms"').length - 1;
  await eventually(() => count() >= callers, `line for each of ${callers} requests`);
  const lines = stage.gateway.logLines.filter((line) => 'latency_ms' in line);
  expect(lines).toHaveLength(callers);
  const byId = new Map(lines.map((line) => [line['request_id'], line]));
  for (const { ask, got } of told) {
    const line = byId.get(ask.id);
    expect(line).toMatchObject({ status: got?.status ?? 499 });
    expect(countSent(line!)).toBeLessThanOrEqual(maxAttempts);
    const seen = attemptsOf(stage.first, ask.id).length + attemptsOf(stage.second, ask.id).length;
    expect(seen).toBeLessThanOrEqual(maxAttempts);
  }
  expect(stage.gateway.logLines.filter(({ level }) => level === 'ERROR' || level === 'error')).toEqual([]);
}

it.each(scenes.map((scene) => [scene.id, scene] as const))(
  `%s, met by ${callers} requests at once, leaves nothing behind`,
  async (_, scene) => {
    await startScene(scene);
    const mixed = variants();
    const heldBefore = heldBytes();
    const told = await Promise.all(
      Array.from({ length: callers }, (_each, number) => callOnce(scene, mixed[number % mixed.length]!, number)),
    );
    expectOutcomes(scene, told);
    await expectLines(told);
    told.length = 0;
    await expectNothingHeld(stage, { timers, connections });
    expect(heldBytes() - heldBefore).toBeLessThan(heldAtMost);
  },
);
