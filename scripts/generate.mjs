// Writes what is made from the sources: the registries of what is added by adding a file (providers and load-sharing
// strategies), and the tables of docs/. The result is committed, so that nothing is looked up at run time. `--check`
// writes nothing and fails when something is stale.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documents } from './documents.mjs';
import { gatewaySource as source } from './sources.mjs';

const lineWidth = 120;

const registries = [
  {
    folder: 'providers',
    definer: 'defineProvider',
    module: './define-provider.ts',
    type: 'ProviderDefinition',
    list: { name: 'providerDefinitions', comment: 'Every provider that the gateway knows, by name.' },
  },
  {
    folder: 'routing/strategies',
    definer: 'defineStrategy',
    module: './define-strategy.ts',
    type: 'Strategy',
    list: { name: 'strategies', comment: 'Every way to share the load of a tier.' },
  },
  {
    folder: 'protocols',
    // A folder each, whose `protocol.ts` has it.
    entryFile: 'protocol',
    module: './protocol.ts',
    type: 'Protocol',
    list: { name: 'protocols', comment: 'Every wire format of chat that is spoken here, by clients and by upstreams.' },
  },
];

/** Names of the files in a folder that declare an entry of its registry, sorted. */
function entriesOf({ folder, definer, module, entryFile }) {
  if (entryFile !== undefined) {
    return readdirSync(join(source, folder))
      .filter((name) => existsSync(join(source, folder, name, `${entryFile}.ts`)))
      .sort();
  }
  return readdirSync(join(source, folder))
    .filter((file) => /^[a-z0-9-]+\.ts$/.test(file) && `./${file}` !== module)
    .filter((file) => {
      const text = readFileSync(join(source, folder, file), 'utf8');
      if (text.includes(`export default ${definer}(`)) return true;
      // Declared but not exported this way, it would be missing without a word.
      if (text.includes(`${definer}(`)) throw new Error(`${folder}/${file} has no "export default ${definer}(…)"`);
      return false;
    })
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
}

const identifierOf = (name) => name.replace(/-(.)/g, (_match, letter) => letter.toUpperCase());

function inListForm(head, items, tail) {
  const line = `${head}[${items.join(', ')}]${tail}`;
  return line.length <= lineWidth ? line : `${head}[\n${items.map((item) => `  ${item},\n`).join('')}]${tail}`;
}

function textOf(registry) {
  const names = entriesOf(registry);
  const suffix = registry.entryFile === undefined ? '' : `/${registry.entryFile}`;
  const imports = [
    ...names.map((name) => ({ from: `./${name}${suffix}.ts`, what: identifierOf(name) })),
    { from: registry.module, what: `type { ${registry.type} }` },
  ].sort((left, right) => (left.from.slice(0, -3) < right.from.slice(0, -3) ? -1 : 1));
  const { list } = registry;
  return [
    '// Written by `npm run generate` from the files of this folder; edit those instead.',
    ...imports.map(({ from, what }) => `import ${what} from '${from}';`),
    '',
    `/** ${list.comment} */`,
    inListForm(`export const ${list.name}: readonly ${registry.type}[] = `, names.map(identifierOf), ';'),
    '',
  ].join('\n');
}

const check = process.argv.includes('--check');
let stale = false;

function bring({ path, file, text }) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  if (check) {
    console.error(`${path} is stale: run npm run generate`);
    stale = true;
  } else {
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  }
}

for (const registry of registries) {
  const path = `${registry.folder}/registry.gen.ts`;
  bring({ path, file: join(source, path), text: textOf(registry) });
}
// The tables list providers, so they are read only now.
for (const document of await documents()) bring(document);
process.exitCode = stale ? 1 : 0;
