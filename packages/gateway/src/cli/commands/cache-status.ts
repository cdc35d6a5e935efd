import { type Command, Option } from 'commander';
import { CommandFailure } from '../command-failure.ts';
import { exitCodes } from '../exit-codes.ts';
import { timeSpan, wholeNumber } from '../flag-values.ts';
import { createGatewayApi, type GatewayRequest, isRecord } from '../gateway-api.ts';
import { printableLine } from '../printable-text.ts';
import type { Invocation, Session } from '../session.ts';

const TIMEOUT_MS = 30_000;
const USUAL_LISTED = 20;
const MOST_LISTED = 1_000;

/** What is asked about a cache of responses. The gateway of this version has none, and says so. */
export function createCacheStatusCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'cache-status',
    summary: 'Ask about the response cache, which this version has none of (needs ADMIN_KEY as the API key)',
    examples: [{ line: 'llm-gateway cache-status stats', note: 'What the gateway says of it' }],
  });
  command.addCommand(createStatsCommand(session));
  command.addCommand(createListCommand(session));
  command.addCommand(createClearCommand(session));
  command.addCommand(createConfigCommand(session));
  return command;
}

interface StatsOptions {
  readonly detailed?: boolean;
}

function createStatsCommand(session: Session): Command {
  return createQuestion<StatsOptions>(session, {
    name: 'stats',
    summary: 'Ask how often the cache answered',
    example: ['--detailed', 'By model and tenant, once there is one'],
    options: [new Option('--detailed', 'Ask by model and tenant too')],
    ask: ({ detailed }) => ({ path: pathOf('stats', { detailed: detailed ? 'true' : undefined }) }),
  });
}

interface ListOptions {
  readonly model?: string;
  readonly limit?: number;
}

function createListCommand(session: Session): Command {
  const limit = new Option('--limit <COUNT>', `Entries at most [default: ${USUAL_LISTED}]`);
  return createQuestion<ListOptions>(session, {
    name: 'list',
    summary: 'Ask what is in the cache',
    example: ['--model gpt-4o --limit 50', 'Answers of one model'],
    options: [new Option('-m, --model <MODEL>', 'Answers of one model'), limit.argParser(wholeNumber(1, MOST_LISTED))],
    ask: ({ limit: most = USUAL_LISTED, model }) => ({ path: pathOf('entries', { limit: String(most), model }) }),
  });
}

interface ClearOptions {
  readonly olderThan?: string;
  readonly force?: boolean;
}

function createClearCommand(session: Session): Command {
  const olderThan = new Option('--older-than <TIME>', 'Only what is older, such as 90s, 15m, 24h or 7d');
  return createQuestion<ClearOptions>(session, {
    name: 'clear',
    summary: 'Empty the cache; while there is none, nothing is cleared',
    example: ['--older-than 24h --force', 'What is older than a day'],
    options: [olderThan.argParser(timeSpan), new Option('--force', 'Clear without asking first')],
    ask({ force, olderThan: age }) {
      // A gateway that has a cache is not to lose it to a command that cannot ask for consent.
      if (!force) return { path: pathOf('config', {}) };
      return { path: pathOf('clear', {}), body: age === undefined ? {} : { older_than: age } };
    },
  });
}

function createConfigCommand(session: Session): Command {
  return createQuestion(session, {
    name: 'config',
    summary: 'Ask how the cache is configured',
    example: ['--json', 'For a script'],
    options: [],
    ask: () => ({ path: pathOf('config', {}) }),
  });
}

type Asked = Pick<GatewayRequest, 'path' | 'body'>;

interface Question<Options> {
  readonly name: string;
  readonly summary: string;
  /** Arguments, and what they are for. */
  readonly example: readonly [line: string, note: string];
  readonly options: readonly Option[];
  readonly ask: (options: Options) => Asked;
}

/** A command that asks the gateway one thing. */
function createQuestion<Options>(
  session: Session,
  { ask, example: [line, note], name, options, summary }: Question<Options>,
): Command {
  const examples = [{ line: `llm-gateway cache-status ${name} ${line}`, note }];
  const command = session.createCommand({ name, summary, examples });
  for (const option of options) command.addOption(option);
  return session.onRun<Options>(command, (invocation) => tellAbsence(invocation, ask(invocation.options)));
}

/** Prints that the gateway has no cache. Throws CommandFailure for an answer that does not say so. */
async function tellAbsence({ globals, io, output }: Invocation<unknown>, request: Asked): Promise<number> {
  const answer = await createGatewayApi(io, globals).fetchJson({ ...request, timeoutMs: TIMEOUT_MS });
  const message = isRecord(answer) && answer['enabled'] === false ? answer['message'] : undefined;
  if (typeof message !== 'string') {
    throw new CommandFailure('server_error', 'The answer of the gateway is none that this version understands.');
  }
  output.success(answer);
  output.line(printableLine(message));
  return exitCodes.ok.code;
}

function pathOf(page: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  return `/api/v1/cache/${page}${query.size === 0 ? '' : `?${query}`}`;
}
