import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, CommanderError } from 'commander';
import { namesTargets } from '../config/names-targets.ts';
import { CommandFailure } from './command-failure.ts';
import type { CommandLineIo } from './command-line-io.ts';
import { loadConfiguration } from './commands/config-problems.ts';
import { exitCodes } from './exit-codes.ts';
import { createOutput } from './output.ts';
import { createProgram } from './program.ts';
import { createSession, type Session } from './session.ts';
import { readShorthand } from './start-shorthand.ts';

/**
 * Runs one command line, without the program's own name in `argv`, and resolves with the exit code of
 * `exitCodes`. Never throws and never ends the process.
 */
export async function runCommandLine(argv: readonly string[], io: CommandLineIo): Promise<number> {
  const session = createSession(io);
  const isJson = asksForJson(argv);
  const output = createOutput(io, isJson);
  try {
    const program = createProgram(session);
    await program.parseAsync(await expandShorthand(argv, program, io), { from: 'user' });
    return session.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return finishParsing(error, session, isJson);
    const failure = explainError(error, io);
    output.failure(failure);
    return failure.exitCode;
  }
}

/** Whether the answer must be JSON, even where commander has not got as far as reading the flags. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).includes('--json');
}

async function expandShorthand(argv: readonly string[], program: Command, io: CommandLineIo): Promise<string[]> {
  const commandNames = program.commands.map((command) => command.name());
  const shorthand = readShorthand({ argv, commandNames, isFile: (name) => isFile(resolve(io.cwd, name)) });
  if (shorthand.kind === 'none') return [...argv];
  if (shorthand.kind === 'bare' && !(await hasSomethingToStart(io))) {
    const reason = 'Nothing to start: there is no configuration file here and no provider in the environment.';
    throw new CommandFailure('usage', `${reason} See llm-gateway --help.`);
  }
  return [...shorthand.argv];
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Whether `start` would find a configuration. One with problems counts: `start` is who tells about them. */
async function hasSomethingToStart(io: CommandLineIo): Promise<boolean> {
  try {
    const { config } = await loadConfiguration(io, {});
    return config.files.length > 0 || namesTargets(config);
  } catch (error) {
    if (error instanceof CommandFailure) return true;
    throw error;
  }
}

/** Help, version and everything commander refuses end here. */
function finishParsing(error: CommanderError, session: Session, isJson: boolean): number {
  const { io, printed, complaint } = session;
  const output = createOutput(io, isJson);
  if (error.exitCode === 0) {
    output.success({ [error.code === 'commander.version' ? 'version' : 'help']: printed.trimEnd() });
    output.text(printed);
    return exitCodes.ok.code;
  }
  if (isJson) {
    const said = error.code === 'commander.help' ? 'A command is missing; see --help.' : error.message;
    output.failure(new CommandFailure('usage', said.replace(/^error: /, '')));
  } else {
    // Without a command the complaint is the help.
    io.stderr.write(
      error.code === 'commander.help' ? complaint : `${complaint}Add --help to see what is understood.\n`,
    );
  }
  return exitCodes.usage.code;
}

function explainError(error: unknown, io: CommandLineIo): CommandFailure {
  if (error instanceof CommandFailure) return error;
  if (io.signal.aborted) return new CommandFailure('interrupted', 'Interrupted.');
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new CommandFailure('internal', `This is a fault of llm-gateway: ${message}`, { cause: error });
}
