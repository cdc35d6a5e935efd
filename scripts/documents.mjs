// The generated parts of docs/: tables that the sources know better than any writer. Each stands between two marks in a
// page whose other text is written by hand.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorMeanings } from './error-meanings.mjs';
import { importSources, root } from './sources.mjs';

const modules = [
  'canonical/clock.ts',
  'canonical/features.ts',
  'canonical/gateway-error.ts',
  'canonical/protocol-name.ts',
  'cli/completion-tree.ts',
  'cli/program.ts',
  'cli/session.ts',
  'config/config-reference.ts',
  'protocols/registry.gen.ts',
  'providers/registry.gen.ts',
  'relay/failure-reply.ts',
  'resilience/failure-table.ts',
];

/** Pages with generated parts: path below the root, and the text it should have. */
export async function documents() {
  const sources = await importSources(modules);
  return [
    page('docs/configuration.md', { reference: configuration(sources) }),
    page('docs/errors.md', { kinds: errorKindTable(sources), failures: failureTable(sources) }),
    page('docs/providers.md', { providers: providerTable(sources) }),
    page('docs/cli.md', { commands: commandHelp(sources) }),
    page('docs/translation.md', { features: featureTable(sources) }),
  ];
}

function page(path, parts) {
  const file = join(root, path);
  if (!existsSync(file)) throw new Error(`${path} is missing; its front is written by hand`);
  let text = readFileSync(file, 'utf8');
  for (const [name, content] of Object.entries(parts)) {
    const [begin, end] = [`<!-- begin ${name}: written by npm run generate -->`, `<!-- end ${name} -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from === -1 || to < from) throw new Error(`${path} lacks the marks ${begin} and ${end}`);
    text = `${text.slice(0, from)}${begin}\n\n${content.trim()}\n\n${text.slice(to)}`;
  }
  return { path, file, text };
}

/** The reference has one heading for each section; on the page they are below the heading of the whole. */
function configuration({ configReference, providerDefinitions }) {
  return configReference(providerDefinitions).replace(/^## /gm, '### ');
}

function errorKindTable({ errorKinds }) {
  const strangers = Object.keys(errorMeanings).filter((kind) => !(kind in errorKinds));
  if (strangers.length > 0)
    throw new Error(`scripts/error-meanings.mjs explains unknown kinds: ${strangers.join(', ')}`);
  const rows = Object.entries(errorKinds).map(([kind, { status, type, code }]) => {
    const meaning = errorMeanings[kind];
    if (meaning === undefined) throw new Error(`scripts/error-meanings.mjs does not explain ${kind}`);
    return [String(status), `\`${code}\``, `\`${type}\``, meaning];
  });
  return table(['Status', 'Code', 'Type', 'When'], rows);
}

function failureTable({ failureTraits, failureMessage, failureError }) {
  const rows = Object.entries(failureTraits).map(([kind, traits]) => {
    const failure = { kind, status: 0, retryAfterMs: undefined, message: '', body: undefined, contentType: undefined };
    return [
      `\`${kind}\``,
      failureMessage(kind),
      yesOrNo(traits.retryHere),
      yesOrNo(traits.tryElsewhere),
      yesOrNo(traits.countsAgainstHealth),
      `\`${failureError(failure).kind}\``,
    ];
  });
  return table(['Failure', 'Meaning', 'Same target again', 'Another target', 'Counts against health', 'Error'], rows);
}

/** What is asked of who declares nothing. */
const usualWires = [{ protocol: 'openai-chat' }, { protocol: 'openai-responses' }];

function providerTable({ providerDefinitions }) {
  const rows = providerDefinitions.map(
    ({ name, aliases, baseUrl, addressOf, environment, operations, chat = usualWires }) => [
      `\`${name}\``,
      aliases.map((alias) => `\`${alias}\``).join(', '),
      baseUrl !== undefined ? `\`${baseUrl}\`` : addressOf !== undefined ? 'by region or variables' : 'must be given',
      [...environment.apiKey, ...environment.baseUrl].map((variable) => `\`${variable}\``).join(', '),
      chat.map(({ protocol }) => `\`${protocol}\``).join(', '),
      operations === undefined ? 'any' : operations.filter((operation) => operation !== 'chat').join(', ') || 'none',
    ],
  );
  return table(['Provider', 'Other names', 'Base URL', 'Variables', 'Wires of chat', 'Other operations'], rows);
}

/** What becomes of each feature on each wire that an upstream may speak. */
function featureTable({ features, protocolNames, protocols }) {
  const upstreams = protocolNames.map((name) => protocols.find((protocol) => protocol.name === name).upstream);
  const rows = Object.entries(features).map(([feature, { title }]) => [
    title,
    ...upstreams.map(({ support }) => support[feature]),
  ]);
  return table(['Feature', ...protocolNames.map((name) => `\`${name}\``)], rows);
}

function commandHelp({ createProgram, createSession, systemClock, readCompletionTree, listCompletionPaths }) {
  const session = createSession({
    stdout: { write: () => true },
    stderr: { write: () => true },
    stdin: { async *[Symbol.asyncIterator]() {} },
    env: {},
    cwd: root,
    homeDirectory: root,
    signal: new AbortController().signal,
    fetch: globalThis.fetch,
    isTerminal: false,
    clock: systemClock,
  });
  const program = createProgram(session);
  const sections = listCompletionPaths(readCompletionTree(program)).map(({ words }) => {
    const command = words.reduce((parent, word) => parent.commands.find((child) => child.name() === word), program);
    return `### \`${['llm-gateway', ...words].join(' ')}\`\n\n\`\`\`text\n${helpOf(command).trim()}\n\`\`\`\n`;
  });
  return sections.join('\n');

  function helpOf(command) {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    return help;
  }
}

function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`);
  return lines.join('\n');
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function yesOrNo(value) {
  return value ? 'yes' : 'no';
}
