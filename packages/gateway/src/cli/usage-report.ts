import { type Command, Option } from 'commander';
import { type AnswerPart, numberIn, shown, timeIn } from './answer-fields.ts';
import { CommandFailure } from './command-failure.ts';
import { createGatewayApi, isRecord } from './gateway-api.ts';
import type { Output } from './output.ts';
import type { Invocation } from './session.ts';

/** What reports of costs and of tokens are asked about. */
export interface UsageReportOptions {
  readonly provider?: string;
  readonly model?: string;
  readonly tenant?: string;
  readonly window?: string;
  readonly groupBy?: string;
}

/** Adds the options by which a report of the record is narrowed down. */
export function addReportOptions(command: Command, defaultWindow: string): void {
  command.addOption(new Option('-p, --provider <NAME>', 'Filter by provider'));
  command.addOption(new Option('-m, --model <MODEL>', 'Filter by model, as it is named upstream'));
  const window = `Time up to now, such as 90s, 15m, 24h, 7d or 2w [default: ${defaultWindow}]`;
  command.addOption(new Option('-w, --window <TIME>', window));
}

/** Adds those that reports of costs and of tokens have besides. */
export function addUsageOptions(command: Command): void {
  addReportOptions(command, '24h');
  command.addOption(new Option('-t, --tenant <TENANT>', 'Filter by tenant'));
  const groupings = ['provider', 'model', 'tenant', 'team', 'organisation', 'key', 'hour', 'day'];
  command.addOption(
    new Option('-g, --group-by <GROUP>', 'What the sums are told apart by [default: provider]').choices(groupings),
  );
}

/** Milliseconds that a report may take: a long window over a large record is read from disk. */
const PATIENCE_MS = 60_000;

/** Asks a running gateway for a report. Throws CommandFailure. */
export async function askReport(
  { io, globals }: Pick<Invocation<unknown>, 'io' | 'globals'>,
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
): Promise<AnswerPart> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  const target = query.size === 0 ? path : `${path}?${query}`;
  const answer = await createGatewayApi(io, globals).fetchJson({ path: target, timeoutMs: PATIENCE_MS });
  if (!isRecord(answer)) throw new CommandFailure('server_error', 'The answer of the gateway is no report.');
  return answer;
}

/** The parameters that reports of costs and of tokens have in common. */
export function usageParameters(options: UsageReportOptions): Readonly<Record<string, string | undefined>> {
  const { groupBy, model, provider, tenant, window } = options;
  return { window, group_by: groupBy, provider, model, tenant };
}

/** What the sums do not hold, said on standard error so that whoever pipes the table learns of it too. */
export function warnOfGaps(output: Output, report: AnswerPart): void {
  const unpriced = numberIn(report, 'unpriced_attempts') ?? 0;
  if (unpriced > 0) output.warning(`What ${unpriced} attempts cost is not known; it is not in the sums.`);
  if (report['is_truncated'] === true) {
    output.warning('There are more groups than are told. Narrow it down with --provider, --model or --tenant.');
  }
}

/** The first words over a report: the time that it is about. */
export function windowIn(report: AnswerPart): string {
  return `last ${shown(report['window'])}, since ${timeIn(report, 'from')}`;
}

/** A whole number with its thousands told apart. */
export function countIn(part: AnswerPart, name: string): string {
  return numberIn(part, name)?.toLocaleString('en-US') ?? '-';
}
