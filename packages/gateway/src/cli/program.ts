import type { Command } from 'commander';
import { version } from '../version.ts';
import { createAuditCommand } from './commands/audit.ts';
import { createBackendHealthCommand } from './commands/backend-health.ts';
import { createCacheStatusCommand } from './commands/cache-status.ts';
import { createChatCommand } from './commands/chat.ts';
import { createCompletionsCommand } from './commands/completions.ts';
import { createConfigCommand } from './commands/config.ts';
import { createCostCommand } from './commands/cost.ts';
import { createDbCommand } from './commands/db.ts';
import { createHealthCommand } from './commands/health.ts';
import { createHelpCommand } from './commands/help.ts';
import { createInfoCommand } from './commands/info.ts';
import { createKeysCommand } from './commands/keys.ts';
import { createLatencyCommand } from './commands/latency.ts';
import { createMigrateCommand } from './commands/migrate.ts';
import { createModelsCommand } from './commands/models.ts';
import { createRoutingStrategyCommand } from './commands/routing-strategy.ts';
import { createSimulateCommand } from './commands/simulate.ts';
import { createStartCommand } from './commands/start.ts';
import { createTokenUsageCommand } from './commands/token-usage.ts';
import { createValidateCommand } from './commands/validate.ts';
import { formatExitCodes } from './exit-codes.ts';
import type { Session } from './session.ts';

const commandFactories: readonly ((session: Session) => Command)[] = [
  createStartCommand,
  createHealthCommand,
  createModelsCommand,
  createChatCommand,
  createLatencyCommand,
  createCostCommand,
  createTokenUsageCommand,
  createBackendHealthCommand,
  createKeysCommand,
  createRoutingStrategyCommand,
  createCacheStatusCommand,
  createConfigCommand,
  createValidateCommand,
  createInfoCommand,
  createMigrateCommand,
  createDbCommand,
  createAuditCommand,
  createCompletionsCommand,
  createSimulateCommand,
];

/** The whole command tree. Building it loads no more than commander: what a command needs, it imports when it runs. */
export function createProgram(session: Session): Command {
  const program = session.createCommand({
    name: 'llm-gateway',
    summary: 'One endpoint in front of many model providers',
    examples: [
      { line: 'llm-gateway config.yaml', note: 'Start with this configuration' },
      { line: 'llm-gateway health --json', note: 'Ask a running gateway how it is' },
      { line: 'llm-gateway chat "Hello, how are you?"', note: 'Try it' },
    ],
  });
  program
    .usage('[OPTIONS] <COMMAND>')
    .version(version, '-V, --version', 'Print version')
    // An option after a command's name is that command's, whatever the program calls the same.
    .enablePositionalOptions()
    .addHelpText('after', `\nExit codes:\n${formatExitCodes()}`);
  for (const createCommand of commandFactories) program.addCommand(createCommand(session));
  program.addCommand(createHelpCommand(session, program));
  return program;
}
