import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { bundledTextInTests } from './packages/gateway/bundled-text.mjs';

/**
 * Tests that need a process of their own: they look at what a whole process holds or takes, change what it shares, put
 * others in the place of its modules, or end threads in the middle of their work, which may end the process.
 */
const alone = [
  'packages/gateway/src/framing/sse-splitter.test.ts',
  'packages/gateway/src/pricing/price-library.test.ts',
  'packages/gateway/src/stores/sql/sqlite/sqlite-database.test.ts',
  'packages/gateway/test/acceptance/target-limits.test.ts',
  'packages/gateway/test/chaos/**/*.test.ts',
  'packages/gateway/test/cli/{help,start}.test.ts',
  'packages/gateway/test/failures/{backpressure,graceful-stop,leaving,uploads,upstream-oddities,wires-backpressure}.test.ts',
  'packages/gateway/test/fuzz/{linearity,stream-linearity}.test.ts',
  'packages/gateway/test/scenarios/{crowd,learned-limits,leaving}.test.ts',
];

export default defineConfig({
  resolve: {
    // Tests need no build: the simulator's sources stand in for its bundle.
    alias: { '@llm-gateway/simulator': new URL('./packages/simulator/src/index.ts', import.meta.url).pathname },
  },
  plugins: [bundledTextInTests],
  define: { __VERSION__: JSON.stringify('0.0.0-test') },
  test: {
    // Much of the time of tests is waiting: with two cores one worker would leave one of them idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Far more than anything takes: a machine that is busy with other things is no failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    projects: [
      { extends: true, test: { name: 'alone', include: alone } },
      {
        extends: true,
        test: {
          name: 'shared',
          include: [
            'packages/*/src/**/*.test.ts',
            'packages/*/test/**/*.test.ts',
            'bench/**/*.test.ts',
            'docs/**/*.test.ts',
          ],
          exclude: [...alone, '**/node_modules/**'],
          // They share a process each worker, and what is imported is imported once: half of the time of most tests.
          isolate: false,
          globalSetup: 'packages/gateway/test/harness/built-packages.ts',
        },
      },
    ],
  },
});
