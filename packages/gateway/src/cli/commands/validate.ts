import { type Command, Option } from 'commander';
import { formatProblem } from '../../config/gateway-config.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Invocation, Session } from '../session.ts';
import { checkConfiguration, reportProblem } from './config-problems.ts';

interface ValidateOptions {
  readonly strict?: boolean;
}

export function createValidateCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'validate',
    summary: 'Validate configuration file',
    examples: [
      {
        line: 'llm-gateway validate config.yaml',
        note: 'Problems with file, line and column; exit code 1 when there are any',
      },
      { line: 'llm-gateway validate config.yaml --strict', note: 'Warnings count as problems' },
      { line: 'llm-gateway validate config.yaml --json', note: 'For a script' },
    ],
  });
  command.argument('<CONFIG_FILE>', 'Configuration file to validate');
  command.addOption(new Option('--strict', 'Strict validation mode'));

  return session.onRun<ValidateOptions>(command, (invocation) =>
    reportValidity(invocation, { file: invocation.operands[0], strict: invocation.options.strict === true }),
  );
}

/**
 * Loads the configuration and compiles its routes as `start` would, and says what is wrong with it. Without a file: the one
 * `start` would find.
 */
export async function reportValidity(
  { io, output }: Invocation<unknown>,
  { file, strict }: { file: string | undefined; strict: boolean },
): Promise<number> {
  const { loaded, notices } = await checkConfiguration(io, { ...(file === undefined ? {} : { config: file }), strict });
  const { config } = loaded;

  const problems = notices.map((notice) => reportProblem(notice.level, notice));
  output.success({ valid: true, files: config.files, problems });
  for (const notice of notices) output.warning(formatProblem(notice));
  const subject = config.files.length === 0 ? 'The environment' : config.files.join(', ');
  output.line(`${subject}: ${output.colors.green('valid')}`);
  return exitCodes.ok.code;
}
