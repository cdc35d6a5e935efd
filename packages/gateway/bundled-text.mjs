// `import text from './program.ts?bundled'` gives the text of a program: that module with everything it takes. A thread is
// started from it, so that it runs the same from the bundle and in tests, where no loader could read a file of its own.
import { dirname, resolve } from 'node:path';
import { build } from 'esbuild';

const query = /\?bundled$/;

/**
 * @param {string} file
 * @returns {Promise<string>}
 */
async function bundle(file) {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20.19',
    // What a thread is started from as a text is no ES module.
    format: 'cjs',
  });
  return outputFiles[0].text;
}

/** For esbuild. */
export const bundledText = {
  name: 'bundled-text',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: query }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.replace(query, '')),
      namespace: 'bundled-text',
    }));
    onLoad({ filter: /./, namespace: 'bundled-text' }, async ({ path }) => ({
      contents: await bundle(path),
      loader: 'text',
    }));
  },
};

/** The same for Vite, which tests run in. */
export const bundledTextInTests = {
  name: 'bundled-text',
  enforce: 'pre',
  resolveId(source, importer) {
    return query.test(source) && importer !== undefined ? resolve(dirname(importer), source) : undefined;
  },
  async load(id) {
    return query.test(id) ? `export default ${JSON.stringify(await bundle(id.replace(query, '')))};` : undefined;
  },
};
