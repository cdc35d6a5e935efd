// Bundles the simulator into one file, so that it starts fast and needs no compiler at run time.
import { build } from 'esbuild';

await build({
  entryPoints: ['src/index.ts'],
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  sourcemap: true,
  absWorkingDir: import.meta.dirname,
});
