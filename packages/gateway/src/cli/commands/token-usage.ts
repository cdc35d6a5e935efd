import { type Command, Option } from 'commander';
import { numberIn, partsIn, shown } from '../answer-fields.ts';
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

interface TokenUsageOptions extends UsageReportOptions {
  readonly detailed?: boolean;
}

/** What is counted of every group, and its heading. */
const plain = { requests: 'REQUESTS', total_tokens: 'TOTAL', input_tokens: 'INPUT', output_tokens: 'OUTPUT' };
const details = {
  cached_tokens: 'CACHED',
  cache_write_tokens: 'CACHE WRITE',
  reasoning_tokens: 'REASONING',
  audio_input_tokens: 'AUDIO IN',
  audio_output_tokens: 'AUDIO OUT',
  image_input_tokens: 'IMAGES IN',
  image_output_tokens: 'IMAGES OUT',
};

export function createTokenUsageCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'token-usage',
    summary: 'Show how many tokens requests used (needs ADMIN_KEY as the API key)',
    examples: [
      { line: 'llm-gateway token-usage', note: 'The last day, by provider' },
      { line: 'llm-gateway token-usage --group-by model --detailed', note: 'By model, with cached and other tokens' },
      { line: 'llm-gateway token-usage --window 12h --group-by hour', note: 'Hour by hour' },
      { line: 'llm-gateway token-usage --json', note: 'For a script' },
    ],
  });
  addUsageOptions(command);
  command.addOption(new Option('--detailed', 'Show cached, reasoning and audio tokens too'));

  return session.onRun<TokenUsageOptions>(command, async (invocation) => {
    const { options, output } = invocation;
    const parameters = { ...usageParameters(options), detailed: options.detailed ? 'true' : undefined };
    const report = await askReport(invocation, '/api/v1/metrics/tokens', parameters);
    const average = Math.round(numberIn(report, 'avg_tokens_per_request') ?? 0).toLocaleString('en-US');
    const requests = `${countIn(report, 'total_requests')} requests (${average} each)`;
    output.line(`${countIn(report, 'total_tokens')} tokens for ${requests} in the ${windowIn(report)}`);
    const counted = options.detailed ? { ...plain, ...details } : plain;
    const rows = partsIn(report, 'groups').map((group) => [
      shown(group['name']),
      ...Object.keys(counted).map((name) => countIn(group, name)),
    ]);
    const headings = [shown(report['group_by']).toUpperCase(), ...Object.values(counted)];
    if (rows.length > 0) await output.table(headings, rows);
    warnOfGaps(output, report);
    output.success(report);
    return exitCodes.ok.code;
  });
}
