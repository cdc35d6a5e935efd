import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';

/** Exchanges that agree, of how many. */
interface Tally {
  agreeing: number;
  total: number;
}

type Row = Map<ProtocolName, Tally>;

export interface FidelityCounts {
  addAnswer(provider: string, client: ProtocolName, agrees: boolean): void;
  addError(what: string, client: ProtocolName, agrees: boolean): void;
  /** `isSame`: undefined where the gateway refused, because the wire has no words for the request. */
  addRequest(from: ProtocolName, to: ProtocolName, isSame: boolean | undefined): void;
  addScenario(from: ProtocolName, to: ProtocolName, isSame: boolean): void;
  addFailedAnswer(client: ProtocolName, agrees: boolean): void;
  addReason(
    reason: string,
    where: { readonly client: ProtocolName; readonly recording: { readonly provider: string } },
  ): void;
  /** Share of the answers that agree. */
  agreement(): number;
  /** Every kind of thing was counted. */
  isComplete(): boolean;
  /** The page, in Markdown. */
  text(): string;
}

export function createFidelityCounts(): FidelityCounts {
  const answers = new Map<string, Row>();
  const errors = new Map<string, Row>();
  const failed: Row = new Map();
  const requests = new Map<string, Row>();
  const scenarios = new Map<string, Row>();
  const refused: Row = new Map();
  const reasons = new Map<string, { count: number; providers: Set<string>; clients: Set<string> }>();
  return {
    addAnswer: (provider, client, agrees) => add(rowOf(answers, provider), client, agrees),
    addError: (what, client, agrees) => add(rowOf(errors, what), client, agrees),
    addRequest(from, to, isSame) {
      if (isSame === undefined) add(refused, to, true);
      else add(rowOf(requests, from), to, isSame);
    },
    addScenario: (from, to, isSame) => add(rowOf(scenarios, from), to, isSame),
    addFailedAnswer: (client, agrees) => add(failed, client, agrees),
    addReason(reason, { client, recording: { provider } }) {
      const entry = reasons.get(reason) ?? { count: 0, providers: new Set(), clients: new Set() };
      reasons.set(reason, entry);
      entry.count++;
      entry.providers.add(provider);
      entry.clients.add(client);
    },
    agreement() {
      const { agreeing, total } = sum([...answers.values()].flatMap((row) => [...row.values()]));
      return agreeing / total;
    },
    isComplete: () => [answers, errors, requests, scenarios].every(({ size }) => size > 0),
    text: () =>
      [
        intro,
        '## Answers\n',
        table('Provider', answers),
        ...listOf(
          [...reasons].sort().map(([reason, { count, providers, clients }]) => {
            const where = `${[...providers].sort().join(', ')}; for ${[...clients].sort().join(', ')}`;
            return `- ${count}: ${reason} (${where})`;
          }),
        ),
        '## Errors\n',
        errorsIntro,
        table('What happened', new Map([...errors, ['an answer failed under status 200', failed]])),
        '## Requests\n',
        requestsIntro,
        table('Written for', new Map([...requests, ['refused, with the name of the field', refused]])),
        '## The same scenario\n',
        scenariosIntro,
        table('Written for', scenarios),
      ].join('\n'),
  };
}

const intro = `# Fidelity

Real answers of providers, recorded elsewhere, were played by a server on a real socket. A client of each of the six
wires asked for them through the gateway. What it read was compared with what was recorded, by readers that share no code
with the gateway: text, refusal, reasoning, tool calls with their arguments, why it ended, tokens of input, output and
cache. A cell says how many agree, of how many. The test that counts is
\`packages/gateway/test/fidelity/translated-recordings.test.ts\`; with \`UPDATE_DOCS=1\` it writes this page.
`;

const errorsIntro = `Each recorded error, for a client of each wire: the status is kept or that of
[docs/errors.md](errors.md), the shape is that of the client's wire, the provider's own words are there where the
request is at fault and absent where the gateway's key is, and the key itself, which each error quoted, is never told.
`;

const requestsIntro = `Recorded requests, one of each question, sent to targets that speak another wire (the columns), and read there: instructions,
turns, media, calls and results, tools with their schemas, choice of tools, limits, format of the answer. What arrived
must mean the same, and must fit the machine-readable description of the API as far as that accepts what the provider
really accepted. A cell says how many do, of how many. What may differ is named in
\`packages/gateway/test/fidelity/meaning.ts\`. Requests with addresses to fetch are left out.
`;

const scenariosIntro = `Libraries were recorded with the same question to several providers. A request to one of them, sent to a target of
another's wire, must become what the library itself wrote for that one, wherever it asked both the same.
`;

function rowOf(rows: Map<string, Row>, name: string): Row {
  const row = rows.get(name) ?? new Map();
  rows.set(name, row);
  return row;
}

function add(row: Row, client: ProtocolName, agrees: boolean): void {
  const tally = row.get(client) ?? { agreeing: 0, total: 0 };
  row.set(client, tally);
  tally.total++;
  if (agrees) tally.agreeing++;
}

function sum(tallies: readonly (Tally | undefined)[]): Tally {
  const known = tallies.filter((tally) => tally !== undefined);
  return {
    agreeing: known.reduce((total, one) => total + one.agreeing, 0),
    total: known.reduce((total, one) => total + one.total, 0),
  };
}

function table(first: string, rows: ReadonlyMap<string, Row>): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const cell = ({ agreeing, total }: Tally) => (total === 0 ? '' : `${agreeing}/${total}`);
  const lineOf = (name: string, tallies: readonly Tally[]) => line([name, ...tallies.map(cell), cell(sum(tallies))]);
  const sorted = [...rows].sort(([left], [right]) => (left < right ? -1 : 1));
  const each = sorted.map(([name, row]) =>
    lineOf(
      name,
      protocolNames.map((client) => sum([row.get(client)])),
    ),
  );
  const all = protocolNames.map((client) => sum(sorted.map(([, row]) => row.get(client))));
  const heads = [first, ...protocolNames.map((name) => `\`${name}\``), 'All'];
  return `${[line(heads), line(heads.map(() => '---')), ...each, lineOf('All', all)].join('\n')}\n`;
}

function listOf(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['What does not agree, and why:\n', `${lines.join('\n')}\n`];
}

const page = fileURLToPath(new URL('../../../../docs/fidelity.md', import.meta.url));

/** Writes the page when asked to; else says what is wrong with it: undefined when it has these counts. */
export function checkPage(counts: FidelityCounts): string | undefined {
  // A run of some of the tests counts some of it.
  if (!counts.isComplete()) return 'not everything was counted';
  const text = counts.text();
  if (process.env['UPDATE_DOCS'] === '1') {
    writeFileSync(page, text);
    return undefined;
  }
  const written = existsSync(page) ? readFileSync(page, 'utf8') : '';
  return written === text ? undefined : `docs/fidelity.md is not up to date; run with UPDATE_DOCS=1 for:\n${text}`;
}
