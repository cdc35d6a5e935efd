import { type Command, Option } from 'commander';
import { type AnswerPart, partsIn, shown, spanIn } from '../answer-fields.ts';
import { exitCodes } from '../exit-codes.ts';
import { isRecord } from '../gateway-api.ts';
import type { Session } from '../session.ts';
import { addReportOptions, askReport, countIn, windowIn } from '../usage-report.ts';

interface LatencyOptions {
  readonly provider?: string;
  readonly model?: string;
  readonly window?: string;
  /** True where it was given without a list. */
  readonly percentiles?: string | true;
}

export function createLatencyCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'latency',
    summary: 'Show how long requests took (needs ADMIN_KEY as the API key)',
    examples: [
      { line: 'llm-gateway latency', note: 'The last hour' },
      { line: 'llm-gateway latency --window 7d --provider my-backend', note: 'A week of one provider' },
      { line: 'llm-gateway latency --percentiles 50,99.9', note: 'Other percentiles' },
      { line: 'llm-gateway latency --json', note: 'For a script, with the newest requests one by one' },
    ],
  });
  addReportOptions(command, '1h');
  command.addOption(new Option('--percentiles [LIST]', 'Percentiles to show [default: 50,90,95,99]'));

  return session.onRun<LatencyOptions>(command, async (invocation) => {
    const { options, output } = invocation;
    const { model, percentiles, provider, window } = options;
    const list = percentiles === true ? undefined : percentiles;
    const parameters = { window, provider, model, percentiles: list };
    const report = await askReport(invocation, '/api/v1/metrics/latency', parameters);
    output.line(`${countIn(report, 'total_requests')} requests completed in the ${windowIn(report)}`);
    const names = Object.keys(report).filter((name) => /^p\d+(\.\d+)?$/.test(name));
    const headings = ['REQUESTS', 'AVG', 'MIN', 'MAX', ...names.map((name) => name.toUpperCase())];
    const firstByte = report['first_byte'];
    const rows = [
      ['whole answer', ...cellsOf(report, names)],
      ...(isRecord(firstByte) ? [['first byte of streams', ...cellsOf(firstByte, names)]] : []),
    ];
    await output.table(['TIME', ...headings], rows);
    for (const name of ['provider', 'model']) {
      const groups = partsIn(report, `by_${name}`);
      if (groups.length === 0) continue;
      const told = groups.map((group) => [shown(group[name]), ...cellsOf(group, names)]);
      await output.table([name.toUpperCase(), ...headings], told);
    }
    output.success(report);
    return exitCodes.ok.code;
  });
}

function cellsOf(timings: AnswerPart, percentiles: readonly string[]): readonly string[] {
  const spans = ['avg', 'min', 'max', ...percentiles].map((name) => spanIn(timings, name));
  return [countIn(timings, 'total_requests'), ...spans];
}
