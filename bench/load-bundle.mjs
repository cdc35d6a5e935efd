import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { bundledText } from '../packages/gateway/bundled-text.mjs';
import { repository } from './repository.mjs';

/** As far below the package as its sources are, because the migrations are found from there. */
const folder = join(repository, 'packages/gateway/node_modules/.cache/llm-gateway/bench');

/**
 * Imports a TypeScript module; Node.js 20 runs none, so it is bundled first. The type is the word of whoever names it.
 * @template Module
 * @param {string} path from the root of the repository
 * @returns {Promise<Module>}
 */
export async function loadBundle(path) {
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, basename(path).replace(/\.ts$/, '.mjs'));
  await build({
    entryPoints: [join(repository, path)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    plugins: [bundledText],
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
}
