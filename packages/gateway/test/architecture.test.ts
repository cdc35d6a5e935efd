import { describe, expect, it } from 'vitest';
import { providerDefinitions } from '../src/providers/registry.gen.ts';
import { importsOf, readFiles, type SourceFile, withoutComments } from './source-tree.ts';

const source = 'packages/gateway/src';
const isTest = ({ path }: SourceFile) => /\.(test|bench|fixture|conformance)\.ts$|\/test\//.test(path);
const all = readFiles('packages', /\.(ts|mjs|js)$/).concat(
  readFiles('bench', /\.(ts|mjs)$/),
  readFiles('scripts', /\.mjs$/),
);
const product = readFiles(source, /\.ts$/).filter((file) => !isTest(file));
const shipped = all.filter((file) => /^packages\/\w+\/src\//.test(file.path) && !isTest(file));
const pathsWith = (pattern: RegExp) => product.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

/** Path below `src`. */
const below = (path: string) => path.slice(source.length + 1);
/** The folder, or the file itself when it lies at the root of `src`. */
const partOf = (path: string) => below(path).split('/')[0]!;

/** What each part may take from others at run time. Types may cross everywhere. */
const layers: Readonly<Record<string, readonly string[]>> = {
  canonical: [],
  framing: ['canonical'],
  protocols: ['canonical', 'framing'],
  credentials: ['canonical'],
  pricing: ['canonical'],
  translation: ['canonical', 'framing', 'protocols', 'relay', 'resilience'],
  explain: ['canonical', 'routing', 'resilience'],
  recovery: ['canonical', 'framing', 'protocols', 'relay', 'resilience'],
  'single-flight': ['canonical', 'framing', 'protocols'],
  providers: ['canonical', 'framing', 'protocols', 'credentials'],
  routing: ['canonical', 'framing', 'protocols'],
  resilience: ['canonical', 'framing', 'protocols'],
  policies: ['canonical', 'framing', 'protocols'],
  stores: ['canonical', 'framing', 'protocols'],
  transport: ['canonical', 'framing', 'protocols'],
  telemetry: ['canonical', 'framing', 'protocols'],
  relay: ['canonical', 'framing', 'protocols', 'resilience'],
  config: ['canonical'],
  cli: ['canonical', 'config', 'version.ts'],
};
/** Files at the root of `src` see every folder but these two. */
const outermost = ['server', 'cli'];

/** Files that take what their part may not, and why. */
const crossings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'cli/commands/start.ts': { server: 'The command starts the server; it is imported only when it runs.' },
  'cli/commands/config-problems.ts': { providers: 'For their variables.', 'runtime.ts': 'To try the routes.' },
  'cli/commands/audit.ts': { stores: 'The command reads the audit log; it is opened only when it runs.' },
  'cli/commands/db.ts': { stores: 'The command works on the database; it is opened only when it runs.' },
  'cli/commands/migrate.ts': { stores: 'The command works on the database; it is opened only when it runs.' },
  'cli/commands/record-location.ts': { stores: 'It finds and opens the database for the two before.' },
  'stores/sql/sqlite/thread-carrier.ts': { ledger: 'It carries spools, as the ledger has it.' },
  'stores/sql/sqlite/thread-carriers.ts': { ledger: 'The thread that has the file reads spools itself.' },
  'gateway.ts': { server: 'The composition root names every folder.' },
  'main.ts': { cli: 'The program hands itself to the command line.' },
};

describe('imports', () => {
  it('are seen at all', () => {
    const imports = product.flatMap(importsOf);
    expect(imports.filter(({ isTypeOnly }) => isTypeOnly).length).toBeGreaterThan(product.length);
    expect(imports.filter(({ isTypeOnly }) => !isTypeOnly).length).toBeGreaterThan(product.length);
  });

  it('point inwards', () => {
    const wrong = product.flatMap((file) =>
      importsOf(file)
        .filter(({ path, isTypeOnly }) => path !== undefined && !isTypeOnly)
        .map(({ path }) => partOf(path!))
        .filter((part) => part !== partOf(file.path) && !mayTake(file, part))
        .map((part) => `${below(file.path)} takes ${part}`),
    );
    expect(wrong).toEqual([]);
  });

  it('stay within a package', () => {
    const leaving = all
      .filter(({ path }) => path.startsWith('packages/'))
      .flatMap((file) => {
        const home = file.path.split('/').slice(0, 2).join('/');
        return importsOf(file)
          .filter(({ path }) => path !== undefined && !path.startsWith(`${home}/`))
          .map(({ specifier }) => `${file.path} takes ${specifier}`);
      });
    expect(leaving).toEqual([]);
  });

  it('keep out of memory what a start does not need', () => {
    // Megabytes that most gateways never use, and a name that brings all of a package instead of what is used of it.
    const heavy =
      /^import (?!type\b)[^']*'(?:undici|@pydantic\/genai-prices|[./]*\/(?:undici|admin-server)\.ts)'|^import \{[^}]*\} from 'zod'/m;
    expect(pathsWith(heavy)).toEqual([]);
  });

  it('that come late take of a package its default only, since the bundle has nothing of CommonJS by name', () => {
    expect(pathsWith(/\{(?! default: \w+ \})[^}]*\} = await import\('[^.']/)).toEqual([]);
  });

  it('have no exception that is not needed', () => {
    const used = product.flatMap((file) =>
      importsOf(file)
        .filter(({ isTypeOnly }) => !isTypeOnly)
        .map(({ path }) => [below(file.path), path && partOf(path)]),
    );
    for (const [file, parts] of Object.entries(crossings)) {
      for (const part of Object.keys(parts)) expect(used).toContainEqual([file, part]);
    }
  });
});

function mayTake(file: SourceFile, part: string): boolean {
  const name = below(file.path);
  if (crossings[name]?.[part] !== undefined) return true;
  const own = partOf(file.path);
  const allowed = layers[own];
  if (allowed !== undefined) return allowed.includes(part);
  if (own === 'server') return part !== 'cli';
  return !outermost.includes(part);
}

/** Modules that reach outside the process, and who may take them at run time. */
const outside: readonly (readonly [module: RegExp, allowed: RegExp])[] = [
  [/^node:(http|https|http2)$/, /^server\//],
  [/^node:tls$/, /^transport\//],
  [/^node:(dgram|child_process)/, /^$/],
  [/^node:worker_threads$/, /^stores\/sql\/sqlite\/(sqlite-thread|thread-main|report-main)\.ts$/],
  [/^node:dns/, /^transport\/guarded-lookup\.ts$/],
  [/^node:cluster$/, /^server\/run/],
  [
    /^node:fs/,
    /^(config\/(load|load-credential|watch)|cli\/command-line|telemetry\/(log|line-writer)|stores\/sql\/(sqlite\/sqlite-file|migrations\/migration-folder)|ledger\/[\w-]+)\.ts$/,
  ],
  [/^undici$/, /^transport\//],
];

describe('the outside world', () => {
  it('is reached where it belongs only', () => {
    const wrong = product.flatMap((file) =>
      importsOf(file)
        .filter(({ isTypeOnly }) => !isTypeOnly)
        .filter(({ specifier }) =>
          outside.some(([module, allowed]) => module.test(specifier) && !allowed.test(below(file.path))),
        )
        .map(({ specifier }) => `${below(file.path)} takes ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no listener outside server/ and no connection outside transport/', () => {
    const wrong = product
      .filter(({ path }) => !/^(server|transport)\//.test(below(path)))
      .filter(({ text }) => /\b(createServer|createConnection|new Socket|net\.connect)\b/.test(withoutComments(text)));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

/** Files that have a reason to name a provider. */
const namings: Readonly<Record<string, string>> = {
  'canonical/protocol-name.ts': 'The closed list of wires.',
  'framing/frame-splitter.ts': 'The two framings.',
  'cli/commands/models.ts': 'An example in a help text.',
  'config/sections/routing-section.ts': 'An example in a description.',
  'pricing/library-names.ts': 'Which price list is whose.',
  'pricing/model-overlay.ts': 'Whose models can do what.',
  'pricing/tier-overlay.ts': 'Whose tiers of service cost what.',
  'policies/forward-headers.ts': 'Headers that clients of these wires send.',
  'routing/configured-targets.ts': 'The section vllm_backends.',
  'routing/exact-routes.ts': 'The section vllm_backends.',
  'telemetry/secrets.ts': 'Prefixes by which keys are recognised.',
};

describe('names', () => {
  it('of providers stay in providers/', () => {
    const names = providerDefinitions
      .flatMap(({ name, aliases }) => [name, ...aliases])
      .map((name) => name.replace('-', '[-_]'));
    // Words of the language and of the wire that are aliases too.
    const words = names.filter((name) => !['ark', 'compatible', 'generic', 'custom', 'together'].includes(name));
    const literal = new RegExp(`['"\`](?:[^'"\`\\n]*[^\\w'"\`])?(?:${words.join('|')})(?![\\w])`);
    const wrong = product
      .filter(
        ({ path }) => !/^(providers|protocols|credentials)\//.test(below(path)) && namings[below(path)] === undefined,
      )
      .flatMap(({ path, text }) =>
        withoutComments(text)
          .split('\n')
          .filter((line) => !/from '[^']*';?$|import\('/.test(line) && literal.test(line))
          .map((line) => `${below(path)}: ${line.trim()}`),
      );
    expect(wrong).toEqual([]);
  });

  it('of files are in kebab-case', () => {
    const wrong = all.filter(
      ({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.(ts|mjs|js)$/.test(path.split('/').at(-1)!),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('of folders say what is in them', () => {
    const vague = /\/(utils?|helpers?|common|shared|managers?|misc|lib|services?)(\/|\.ts$)/;
    expect(all.filter(({ path }) => vague.test(path)).map(({ path }) => path)).toEqual([]);
  });
});

const longestFile = 300;
const longestFunction = 60;
const longFiles: Readonly<Record<string, string>> = {
  'packages/gateway/src/telemetry/line-writer.ts': 'One state machine; its halves would share all their state.',
  'packages/gateway/src/resilience/health.test.ts': 'The state machine of health, case by case.',
  'packages/gateway/test/config/load.test.ts': 'Everything a configuration may say, case by case.',
};
const longFunctions: Readonly<Record<string, string>> = {
  'packages/gateway/src/gateway.ts createGateway': 'The composition root: parts and the wires between them.',
  'packages/gateway/src/compile-inference.ts compileInference': 'The composition of the hot path.',
  'packages/gateway/src/server/run-primary.ts runPrimary': 'The composition of a process.',
  'packages/gateway/src/server/run-single.ts runSingle': 'The composition of a process.',
  'packages/gateway/src/server/run-worker.ts runWorker': 'The composition of a process.',
  'packages/gateway/src/telemetry/metrics.ts createFamilies': 'A table of all metrics.',
  'packages/gateway/src/telemetry/metrics.ts createMetrics': 'The counters that its methods share.',
};

describe('sizes', () => {
  it('of files are readable', () => {
    const long = all.filter(
      ({ path, text }) => text.split('\n').length - 1 > longestFile && longFiles[path] === undefined,
    );
    expect(long.map(({ path, text }) => `${path}: ${text.split('\n').length - 1} lines`)).toEqual([]);
  });

  it('of functions are readable', () => {
    const long = shipped.flatMap((file) => functionsOf(file).filter(({ lines }) => lines > longestFunction));
    expect(
      long.filter(({ name }) => longFunctions[name] === undefined).map(({ name, lines }) => `${name} ${lines} lines`),
    ).toEqual([]);
  });

  it('have no exception that is not needed', () => {
    const long = all.filter(({ text }) => text.split('\n').length - 1 > longestFile).map(({ path }) => path);
    expect(Object.keys(longFiles).filter((path) => !long.includes(path))).toEqual([]);
    const functions = shipped.flatMap(functionsOf).filter(({ lines }) => lines > longestFunction);
    const names = functions.map(({ name }) => name);
    expect(Object.keys(longFunctions).filter((name) => !names.includes(name))).toEqual([]);
  });
});

/** Functions by the layout that the formatter gives them: each ends at the first line as far to the left as it began. */
function functionsOf({ path, text }: SourceFile): readonly { readonly name: string; readonly lines: number }[] {
  const lines = text.split('\n');
  const opens =
    /^\s*(?!(?:if|for|while|switch|else|do|try|catch|return)\b).*(?:\bfunction\b.*|=>\s*|\)(?::[^=]+)?\s*)\{$/;
  return lines.flatMap((line, index) => {
    if (!opens.test(line) || /^\s*(?:\}|\/\/|\*)/.test(line)) return [];
    const margin = line.length - line.trimStart().length;
    const end = lines.findIndex((later, at) => at > index && later.startsWith(`${' '.repeat(margin)}}`));
    if (end === -1) return [];
    const name = /function\s+(\w+)|(?:const|static|get|async)?\s*([#\w]+)\s*(?:[=(<:])/.exec(line);
    return [{ name: `${path} ${name?.[1] ?? name?.[2] ?? line.trim()}`, lines: end - index + 1 }];
  });
}

describe('the text of the sources', () => {
  const lines = (file: SourceFile, pattern: RegExp, text = file.text) =>
    text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : []));

  it('has no any', () => {
    const pattern = /(?::|<|\bas|\|)\s*any\b(?!['\w])|\bany\[\]/;
    expect(all.flatMap((file) => lines(file, pattern, withoutStrings(withoutComments(file.text))))).toEqual([]);
  });

  it('leaves no test out for good', () => {
    const pattern = /\b(?:it|test|describe)(?:\.\w+)*\.(?:only|todo|skip)\b/;
    expect(all.flatMap((file) => lines(file, pattern))).toEqual([]);
  });

  it('has nothing that waits to be done', () => {
    const pattern = /\b(?:TODO|FIXME|XXX|HACK)\b/;
    const texts = all.concat(readFiles('docs', /\.md$/), readFiles('examples', /./));
    expect(
      texts.filter((file) => !file.path.endsWith('/architecture.test.ts')).flatMap((file) => lines(file, pattern)),
    ).toEqual([]);
  });

  it('knows no machine but the one it runs on', () => {
    const pattern = /(?<![\w./~$}-])\/(?:work|home|root|Users|workspace)\//;
    const texts = all.concat(readFiles('docs', /\.md$/), readFiles('examples', /./));
    expect(
      texts.filter((file) => !file.path.endsWith('/architecture.test.ts')).flatMap((file) => lines(file, pattern)),
    ).toEqual([]);
  });
});

function withoutStrings(code: string): string {
  return code.replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g, (text) =>
    text.replace(/[^\n]/g, ''),
  );
}
