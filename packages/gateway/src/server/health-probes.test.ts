import { expect, it, vi } from 'vitest';
import type { HealthTransition } from '../resilience/health.ts';
import { createHealthScene } from '../resilience/health-scene.fixture.ts';
import { makeTarget } from '../routing/target.fixture.ts';
import type { Log, Metrics } from '../telemetry/telemetry.ts';
import { createHealthReporter, refreshGauges } from './health-probes.ts';

it('never told that a trial is due, since no change of state does', () => {
  const { clock, fail, registry } = createHealthScene();
  const setTargetState = vi.fn();
  const metrics = { setTargetState } as Partial<Metrics> as Metrics;
  const told = () => {
    refreshGauges({ metrics, targets: () => [makeTarget('t')], registry: () => registry });
    return setTargetState.mock.lastCall;
  };
  expect(told()).toEqual(['t', 0]);
  fail('bad');
  expect(told()).toEqual(['t', 1]);
  clock.advance(5_000);
  expect(told()).toEqual(['t', 2]);
  fail(undefined, 'credential_refused');
  expect(told()).toEqual(['t', 1]);
});

function setUp() {
  const [info, warn, setTargetState] = [vi.fn(), vi.fn(), vi.fn()];
  const registry = { breakerState: () => 'open', recordOf: () => ({ state: 'misconfigured', models: [] }) };
  const reporter = createHealthReporter({
    log: { info, warn } as Partial<Log> as Log,
    metrics: { setTargetState } as Partial<Metrics> as Metrics,
    targets: () => [makeTarget('main'), makeTarget('twin', { healthId: 'main' }), makeTarget('other')],
    registry: () => registry as unknown as ReturnType<Parameters<typeof createHealthReporter>[0]['registry']>,
  });
  return { info, warn, setTargetState, reporter };
}

const transition: HealthTransition = {
  id: 'main',
  model: undefined,
  from: 'healthy',
  to: 'misconfigured',
  reason: 'passive',
  failure: 'credential_refused',
  at: 0,
  lastedMs: undefined,
  number: 1,
};

it('a target that went out of service was told of without what had failed', () => {
  const { reporter, setTargetState, warn } = setUp();
  reporter.onChange(transition);
  expect(warn).toHaveBeenCalledWith(
    'health',
    'Out of service: main, twin (misconfigured): it refuses the credential; check api_key',
    {
      targets: ['main', 'twin'],
      from: 'healthy',
      to: 'misconfigured',
      reason: 'passive',
      failure: 'credential_refused',
    },
  );
  expect(setTargetState.mock.calls).toEqual([
    ['main', 1],
    ['twin', 1],
  ]);
});

it('tells that one is back, but not that one is well that never was otherwise', () => {
  const { info, reporter, warn } = setUp();
  reporter.onChange({ ...transition, from: 'misconfigured', to: 'healthy', failure: undefined });
  expect(info.mock.calls.map(([, message]) => message)).toEqual(['Back in service: main, twin']);
  reporter.onChange({ ...transition, from: 'unknown', to: 'healthy', failure: undefined });
  expect(info).toHaveBeenCalledTimes(1);
  expect(warn).not.toHaveBeenCalled();
});
