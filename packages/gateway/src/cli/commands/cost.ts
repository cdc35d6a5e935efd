import { type Command, Option } from 'commander';
import { type AnswerPart, numberIn, partsIn, shown } from '../answer-fields.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import {
  addUsageOptions,
  askReport,
  countIn,
  type UsageReportOptions,
  usageParameters,
  warnOfGaps,
  windowIn,
} from '../usage-report.ts';

interface CostOptions extends UsageReportOptions {
  readonly breakdown?: boolean;
}

export function createCostCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'cost',
    summary: 'Show what requests cost (needs ADMIN_KEY as the API key)',
    examples: [
      { line: 'llm-gateway cost', note: 'The last day, by provider' },
      { line: 'llm-gateway cost --window 7d --group-by day', note: 'A week, day by day' },
      { line: 'llm-gateway cost --tenant acme --breakdown', note: 'What one tenant spent on which model' },
      { line: 'llm-gateway cost --json', note: 'For a script' },
    ],
  });
  addUsageOptions(command);
  command.addOption(new Option('--breakdown', 'Show every combination of provider, model and tenant'));

  return session.onRun<CostOptions>(command, async (invocation) => {
    const { options, output } = invocation;
    const parameters = { ...usageParameters(options), breakdown: options.breakdown ? 'true' : undefined };
    const report = await askReport(invocation, '/api/v1/metrics/cost', parameters);
    const requests = `${countIn(report, 'total_requests')} requests`;
    const average = `${dollarsIn(report, 'avg_cost_per_request')} each`;
    output.line(`${dollarsIn(report, 'total_cost')} for ${requests} (${average}) in the ${windowIn(report)}`);
    const headings = ['REQUESTS', 'INPUT', 'OUTPUT', 'COST'];
    const groups = partsIn(report, 'groups').map((group) => [shown(group['name']), ...cellsOf(group)]);
    if (groups.length > 0) await output.table([shown(report['group_by']).toUpperCase(), ...headings], groups);
    if (options.breakdown) {
      const combinations = partsIn(report, 'breakdown').map((part) => [
        shown(part['provider']),
        shown(part['model']),
        shown(part['tenant']),
        ...cellsOf(part),
      ]);
      if (combinations.length > 0) await output.table(['PROVIDER', 'MODEL', 'TENANT', ...headings], combinations);
    }
    warnOfGaps(output, report);
    output.success(report);
    return exitCodes.ok.code;
  });
}

function cellsOf(part: AnswerPart): readonly string[] {
  const counts = ['requests', 'input_tokens', 'output_tokens'].map((name) => countIn(part, name));
  return [...counts, dollarsIn(part, 'cost')];
}

/** Dollars, exact to the nano-dollar: single requests cost small parts of a cent. */
function dollarsIn(part: AnswerPart, name: string): string {
  const dollars = numberIn(part, name);
  if (dollars === undefined) return '-';
  return `$${dollars.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 9 })}`;
}
