import { answerText, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { expect } from 'vitest';
import { type RunningTime, watchRunningTime } from '../harness/running-time.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { patiently } from '../scenarios/stage.ts';
import { type Answer, answerOf, type CallOptions, call, type OpenCall, open, type Reply } from './caller.ts';

export interface DrillOptions {
  /** What the first target plays: a scenario of the simulator, with its settings. */
  readonly primary: string;
  /** What the second target plays; left out when the first is alone. */
  readonly fallback?: string;
  /** Further settings of the first target. */
  readonly primaryTarget?: Record<string, unknown>;
  readonly retry?: Record<string, unknown>;
  readonly timeout?: Record<string, unknown>;
  /** Other sections of the configuration; without `routing`, a stream that breaks is not repaired. */
  readonly sections?: Record<string, unknown>;
}

/** A gateway between a caller and two played providers, the second of which is only tried after the first. */
export interface Drill {
  readonly gateway: TestGateway;
  readonly primary: Simulator;
  readonly fallback: Simulator;
  readonly running: RunningTime;
  readonly call: (options?: CallOptions) => Promise<Reply>;
  readonly open: (options?: CallOptions) => OpenCall;
  /** Requests that the two providers have got. */
  readonly attempts: () => readonly [number, number];
  /** Resolves when the gateway holds nothing of any request: no slot, no upstream socket in use. */
  readonly isQuiet: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const wholeText = answerText(60);

export async function startDrill(options: DrillOptions): Promise<Drill> {
  const [primary, fallback] = await Promise.all([startSimulator({}), startSimulator({})]);
  const running = watchRunningTime();
  const target = (name: string, { url }: Simulator, priority: number, model: string) => {
    return { name, api_base: `${url}/v1`, api_key: `sk-${name}-0123456789`, priority, model };
  };
  const providers = [{ ...target('first', primary, 1, options.primary), ...options.primaryTarget }];
  // One that answers has time, so that a machine that is busy makes no failure of it.
  const manner = options.fallback === 'ok' ? { timeout: patiently } : {};
  if (options.fallback !== undefined) providers.push({ ...target('second', fallback, 2, options.fallback), ...manner });
  const gateway = await startTestGateway({
    config: {
      models: { chat: { providers } },
      resilience: { retry: { initial_delay_ms: 20, ...options.retry }, timeout: { ...options.timeout } },
      routing: { stream_recovery: 'error' },
      ...options.sections,
    },
  });
  return {
    gateway,
    primary,
    fallback,
    running,
    call: (callOptions) => call(gateway.url, callOptions),
    open: (callOptions) => open(gateway.url, callOptions),
    attempts: () => [primary.attemptCount, fallback.attemptCount],
    async isQuiet() {
      const isOver = (simulator: Simulator) => simulator.attempts.every(({ outcome }) => outcome !== undefined);
      await primary.waitUntil(() => isOver(primary));
      await fallback.waitUntil(() => isOver(fallback));
      expect(gateway.slots.counts('admission')).toEqual({ inFlight: 0, queued: 0 });
    },
    async stop() {
      running.stop();
      await gateway.stop();
      await Promise.all([primary.close(), fallback.close()]);
    },
  };
}

/** The caller has the complete answer of one provider, with nothing that hints at trouble before it. */
export function expectWhole(reply: Reply, stream: boolean): Answer {
  expect(reply.status).toBe(200);
  expect(reply.isCut).toBe(false);
  const answer = answerOf(reply);
  expect(answer.text).toBe(wholeText);
  expect(answer.finishReasons).toEqual(['stop']);
  expect(answer.error).toBeUndefined();
  expect(answer.isDone).toBe(stream);
  return answer;
}

/** The caller has a beginning of the answer, then an error it can read, and nothing that looks like an end. */
export function expectHonestBreak(reply: Reply, tokens: number): Answer {
  expect(reply.status).toBe(200);
  const answer = answerOf(reply);
  expect(answer.text).toBe(answerText(tokens));
  expect(answer.error).toMatchObject({ message: expect.any(String), type: expect.any(String) });
  expect(reply.body.toString('utf8')).toMatch(/\n\ndata: \{"error":\{[^\n]*\}\n\n$/);
  expect(answer.isDone).toBe(false);
  expect(answer.finishReasons).toEqual([]);
  return answer;
}

/** The access log's one line of the only exchange so far. */
export async function onlyLine({ gateway }: Drill): Promise<Record<string, unknown>> {
  const lines = await gateway.settled(1);
  expect(lines).toHaveLength(1);
  return lines[0]!;
}
