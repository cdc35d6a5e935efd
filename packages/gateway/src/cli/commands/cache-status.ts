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
  const command = session.createCommand({
    name: 'stats',
    summary: 'Ask how often the cache answered',
    examples: [{ line: 'llm-gateway cache-status stats --detailed', note: 'By model and tenant, once there is one' }],
  });
  command.addOption(new Option('--detailed', 'Ask by model and tenant too'));
  return session.onRun<StatsOptions>(command, (invocation) =>
    tellAbsence(invocation, { path: pathOf('stats', { detailed: invocation.options.detailed ? 'true' : undefined }) }),
  );
}

interface ListOptions {
  readonly model?: string;
  readonly limit?: number;
}

function createListCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'list',
    summary: 'Ask what is in the cache',
    examples: [{ line: 'llm-gateway cache-status list --model gpt-4o --limit 50', note: 'Answers of one model' }],
  });
  command.addOption(new Option('-m, --model <MODEL>', 'Answers of one model'));
  const limit = new Option('--limit <COUNT>', `Entries at most [default: ${USUAL_LISTED}]`);
  command.addOption(limit.argParser(wholeNumber(1, MOST_LISTED)));
  return session.onRun<ListOptions>(command, (invocation) => {
    const { limit: most = USUAL_LISTED, model } = invocation.options;
    return tellAbsence(invocation, { path: pathOf('entries', { limit: String(most), model }) });
  });
}

interface ClearOptions {
  readonly olderThan?: string;
  readonly force?: boolean;
}

function createClearCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'clear',
    summary: 'Empty the cache; while there is none, nothing is cleared',
    examples: [{ line: 'llm-gateway cache-status clear --older-than 24h --force', note: 'What is older than a day' }],
  });
  command.addOption(
    new Option('--older-than <TIME>', 'Only what is older, such as 90s, 15m, 24h or 7d').argParser(timeSpan),
  );
  command.addOption(new Option('--force', 'Clear without asking first'));
  return session.onRun<ClearOptions>(command, (invocation) => {
    const { force, olderThan } = invocation.options;
    // A gateway that has a cache is not to lose it to a command that cannot ask for consent.
    if (!force) return tellAbsence(invocation, { path: pathOf('config', {}) });
    const body = olderThan === undefined ? {} : { older_than: olderThan };
    return tellAbsence(invocation, { path: pathOf('clear', {}), body });
  });
}

function createConfigCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'config',
    summary: 'Ask how the cache is configured',
    examples: [{ line: 'llm-gateway cache-status config --json', note: 'For a script' }],
  });
  return session.onRun(command, (invocation) => tellAbsence(invocation, { path: pathOf('config', {}) }));
}

/** Prints that the gateway has no cache. Throws CommandFailure for an answer that does not say so. */
async function tellAbsence(
  { globals, io, output }: Invocation<unknown>,
  request: Pick<GatewayRequest, 'path' | 'body'>,
): Promise<number> {
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
