// Loads the gateway's sources where there is nothing but Node: they are TypeScript, so they are bundled in memory first.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundledText } from '../packages/gateway/bundled-text.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const gatewaySource = join(root, 'packages/gateway/src');

/** Exports of modules of `packages/gateway/src`, as one object. `specifiers` are paths below that folder. */
export async function importSources(specifiers) {
  const { outputFiles } = await build({
    stdin: {
      contents: specifiers.map((specifier) => `export * from './${specifier}';`).join('\n'),
      resolveDir: gatewaySource,
      loader: 'ts',
    },
    bundle: true,
    packages: 'external',
    plugins: [bundledText],
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    write: false,
    logLevel: 'error',
    define: { __VERSION__: JSON.stringify('0.0.0') },
  });
  const module = { exports: {} };
  const require = createRequire(join(gatewaySource, 'main.ts'));
  new Function('module', 'exports', 'require', outputFiles[0].text)(module, module.exports, require);
  return module.exports;
}
