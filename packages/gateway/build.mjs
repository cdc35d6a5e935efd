// Bundles the gateway into dist/: one file for the hot path, lazy chunks for the rest of the command line.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundledText } from './bundled-text.mjs';

const here = import.meta.dirname;
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));

rmSync(join(here, 'dist'), { recursive: true, force: true });
await build({
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  sourcemap: true,
  absWorkingDir: here,
  external: ['@llm-gateway/simulator'],
  plugins: [bundledText],
  define: { __VERSION__: JSON.stringify(version) },
  // CommonJS dependencies inside an ES module bundle still call require() for node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
