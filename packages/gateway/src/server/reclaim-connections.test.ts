import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReclaimReport } from './reclaim-connections.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'reclaim-test-'));
const script = join(folder, 'primary.mjs');

beforeAll(async () => {
  const entry = fileURLToPath(new URL('reclaim-connections.fixture.ts', import.meta.url));
  await build({ entryPoints: [entry], outfile: script, bundle: true, platform: 'node', format: 'esm' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Scenes at most until the exit is told first; on a busy machine the channel may be read to its end before. */
const MOST_SCENES = 8;

/** Plays the scene until node told of the exit first. Rejects when a connection stays open for ever. */
async function run(scene: 'alone' | 'with-another'): Promise<ReclaimReport> {
  let report: ReclaimReport | undefined;
  for (let played = 0; played < MOST_SCENES && report?.wasConnectedAtExit !== true; played++) {
    const { stdout } = await promisify(execFile)(process.execPath, [script, scene], { timeout: 15_000 });
    report = JSON.parse(stdout) as ReclaimReport;
  }
  return report!;
}

describe('a connection on its way to a worker whose exit is told before the end of its channel', () => {
  it('is closed when nobody else is left', async () => {
    expect(await run('alone')).toEqual({ wasConnectedAtExit: true, underway: '', later: [] });
  }, 60_000);

  it('goes to another worker, and no later one goes to the dead', async () => {
    const later = ['served', 'served', 'served'];
    expect(await run('with-another')).toEqual({ wasConnectedAtExit: true, underway: 'served', later });
  }, 60_000);
});
