import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Pair, parseDocument } from 'yaml';
import type { ConfigDocument, Position } from './config-document.ts';
import { type ConfigPath, pathKey } from './config-path.ts';
import { ConfigError } from './gateway-config.ts';

/** Reads YAML 1.2 (`yes` and `on` are text, merge keys work), of which JSON is a part. Throws ConfigError with line and column. */
export function readYaml(file: string, text: string): ConfigDocument {
  const lineCounter = new LineCounter();
  // Pretty errors would quote lines of the file, which may hold keys.
  const document = parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true, merge: true });
  const placeOf = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0) {
    const [first] = document.errors;
    // Whatever comes after a first mistake is as likely its consequence, but for keys that are there twice.
    const own = document.errors.filter((error) => error === first || error.code === 'DUPLICATE_KEY');
    throw new ConfigError(
      own.map(({ code, message, pos: [offset] }) => {
        const twice = code === 'DUPLICATE_KEY' ? findTwice(document.contents, offset) : undefined;
        const reason = twice === undefined ? (words[code] ?? safeMessage(code, message)) : tellTwice(twice, placeOf);
        return {
          message: `is not valid ${nameOf(file)}: ${reason}${adviceAt(text, offset)}`,
          file,
          ...placeOf(offset),
        };
      }),
    );
  }
  const positions = new Map<string, Position>();
  collectPositions(document.contents, [], { positions, placeOf });
  return { file, value: toPlain(file, () => document.toJS({ maxAliasCount: 100 })) ?? {}, positions };
}

/** A key that is there twice. */
interface TwiceGiven {
  readonly name: string;
  /** Where it is first, in characters from the beginning. */
  readonly first: number;
}

/** The key at an offset, where the same section has it before. */
function findTwice(node: unknown, offset: number): TwiceGiven | undefined {
  if (isSeq(node)) return firstFound(node.items, (item) => findTwice(item, offset));
  if (!isMap(node)) return undefined;
  const keys = node.items.map(({ key }) => key).filter((key) => isScalar(key));
  const second = keys.find(({ range }) => range?.[0] === offset);
  const first = second && keys.find(({ value }) => value === second.value);
  if (first?.range) return { name: String(first.value), first: first.range[0] };
  return firstFound(node.items, ({ value }) => findTwice(value, offset));
}

function firstFound<Item>(items: readonly Item[], find: (item: Item) => TwiceGiven | undefined) {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function tellTwice({ name, first }: TwiceGiven, placeOf: (offset: number) => Position): string {
  return `the key \`${name}\` is there already, at line ${placeOf(first).line}. Put both into one, or remove one`;
}

interface Collector {
  readonly positions: Map<string, Position>;
  readonly placeOf: (offset: number) => Position;
}

function collectPositions(node: unknown, path: ConfigPath, collector: Collector): void {
  if (isMap(node)) {
    for (const pair of node.items) collectPair(pair, path, collector);
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      note(item, [...path, index], collector);
      collectPositions(item, [...path, index], collector);
    }
  }
}

function collectPair({ key, value }: Pair, path: ConfigPath, collector: Collector): void {
  if (!isScalar(key)) return;
  const memberPath = [...path, String(key.value)];
  note(key, memberPath, collector);
  // What an alias stands for is written elsewhere, and may contain the alias itself.
  if (!isAlias(value)) collectPositions(value, memberPath, collector);
}

function note(node: unknown, path: ConfigPath, { positions, placeOf }: Collector): void {
  if (isNode(node) && node.range) positions.set(pathKey(path), placeOf(node.range[0]));
}

/** Turns a document into a value; aliases that are too many or contain themselves only show here. */
function toPlain(file: string, read: () => unknown): unknown {
  try {
    const value = read();
    JSON.stringify(value);
    return value;
  } catch (cause) {
    const reason = cause instanceof ReferenceError ? cause.message : 'an alias contains itself';
    const message = `is not valid YAML: ${reason}`;
    throw new ConfigError([{ message, file, line: undefined, column: undefined }]);
  }
}

/** What nearly everybody meets who names a variable within braces or brackets. */
function adviceAt(text: string, offset: number): string {
  if (!text.startsWith('${', offset - 1)) return '';
  return `. Within { } or [ ] put quotation marks around a value with \${…}`;
}

/** What the parser says of these is for programmers. */
const words: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key is there already',
  MULTIPLE_DOCS: 'another document begins here, and a configuration is one. Remove this line, or what follows it',
};

/** The name of the language for whoever wrote the file. */
function nameOf(file: string): string {
  return file.toLowerCase().endsWith('.json') ? 'JSON' : 'YAML';
}

/** Some messages of the parser quote the text around the mistake, which may hold a key. */
function safeMessage(code: string, message: string): string {
  const withoutQuotes = message.replace(/: .*$/s, '').replace(/"[^"]*"/g, 'this');
  return `${withoutQuotes} (${code})`;
}
