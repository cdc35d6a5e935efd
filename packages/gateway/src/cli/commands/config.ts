import { type Command, Option } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { loadConfiguration } from './config-problems.ts';
import { reportValidity } from './validate.ts';

interface ConfigFileOptions {
  readonly config?: string;
  readonly strict?: boolean;
}

export function createConfigCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'config',
    summary: 'Manage configuration',
    examples: [
      { line: 'llm-gateway config show --config config.yaml', note: 'What the gateway would run with, secrets masked' },
      { line: 'llm-gateway config validate --config config.yaml', note: 'What is wrong with it' },
      { line: 'llm-gateway config generate > config.yaml', note: 'A file to begin with' },
    ],
  });
  command.addCommand(createShowCommand(session));
  command.addCommand(createValidateSubcommand(session));
  command.addCommand(createGenerateCommand(session));
  return command;
}

function createShowCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'show',
    summary: 'Display current configuration',
    examples: [
      { line: 'llm-gateway config show', note: 'From the file in this folder and the environment' },
      { line: 'llm-gateway config show --config config.yaml --json', note: 'From another file, for a script' },
    ],
  });
  command.addOption(configFileOption());

  return session.onRun<ConfigFileOptions>(command, async ({ io, options, output }) => {
    const { config } = await loadConfiguration(io, configFlag(options));
    const { describeConfig, writeYaml } = await import('../../config/describe-config.ts');
    const description = describeConfig(config);
    output.success(description);
    output.text(writeYaml(description));
    return exitCodes.ok.code;
  });
}

function createValidateSubcommand(session: Session): Command {
  const command = session.createCommand({
    name: 'validate',
    summary: 'Validate configuration file',
    examples: [
      { line: 'llm-gateway config validate', note: 'The one that start would use' },
      { line: 'llm-gateway config validate --config config.yaml --strict', note: 'Warnings count as problems' },
    ],
  });
  command.addOption(configFileOption());
  command.addOption(new Option('--strict', 'Strict validation mode'));

  return session.onRun<ConfigFileOptions>(command, (invocation) =>
    reportValidity(invocation, { file: invocation.options.config, strict: invocation.options.strict === true }),
  );
}

const formats = ['yaml', 'toml', 'json', 'json-schema'] as const;
type Format = (typeof formats)[number];

function createGenerateCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'generate',
    summary: 'Generate sample configuration',
    examples: [
      { line: 'llm-gateway config generate > config.yaml', note: 'A sample with every section' },
      { line: 'llm-gateway config generate --format json-schema > config.schema.json', note: 'A schema for an editor' },
    ],
  });
  command.addOption(new Option('-f, --format <FORMAT>', 'What to print [default: yaml]').choices(formats));

  return session.onRun<{ readonly format?: Format }>(command, async ({ options, output }) => {
    const format = options.format ?? 'yaml';
    const content = await generate(format);
    output.success({ format, content });
    output.text(content.endsWith('\n') ? content : `${content}\n`);
    return exitCodes.ok.code;
  });
}

async function generate(format: Format): Promise<string> {
  if (format === 'json-schema') {
    const { jsonSchema } = await import('../../config/json-schema.ts');
    return JSON.stringify(jsonSchema(), undefined, 2);
  }
  const { generateConfig } = await import('../../config/generate-config.ts');
  return generateConfig(format);
}

function configFileOption(): Option {
  return new Option('-c, --config <FILE>', 'Configuration file path');
}

function configFlag({ config }: ConfigFileOptions): { config?: string } {
  return config === undefined ? {} : { config };
}
