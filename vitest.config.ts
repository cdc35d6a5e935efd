import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // Tests need no build: the simulator's sources stand in for its bundle.
    alias: { '@llm-gateway/simulator': new URL('./packages/simulator/src/index.ts', import.meta.url).pathname },
  },
  define: { __VERSION__: JSON.stringify('0.0.0-test') },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'bench/**/*.test.ts', 'docs/**/*.test.ts'],
    // Much of the time of tests is waiting: with two cores one worker would leave one of them idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Far more than anything takes: a machine that is busy with other things is no failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
