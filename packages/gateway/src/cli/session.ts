import { Command, Help } from 'commander';
import type { CommandLineIo } from './command-line-io.ts';
import {
  addGlobalOptions,
  type GlobalOptions,
  globalHeading,
  readGlobalOptions,
  readOwnOptions,
} from './global-options.ts';
import { createOutput, type Output } from './output.ts';

/** One line of a command's Examples section; the tests run every one of them. */
export interface Example {
  readonly line: string;
  readonly note: string;
}

export interface CommandText {
  readonly name: string;
  readonly summary: string;
  readonly examples: readonly Example[];
}

/** What a command's work receives: its own flags and operands, the global ones, and where to write. */
export interface Invocation<Options> {
  readonly io: CommandLineIo;
  readonly options: Options;
  readonly operands: readonly string[];
  readonly globals: GlobalOptions;
  readonly output: Output;
}

/** Does the work and gives the exit code; throws `CommandFailure` for the ends that are none of its results. */
export type CommandWork<Options> = (invocation: Invocation<Options>) => Promise<number>;

/** One run of the command line: makes commands that all speak alike and keeps what commander says and how it ended. */
export interface Session {
  readonly io: CommandLineIo;
  readonly exitCode: number;
  /** What commander printed as help or version, kept because `--json` wraps it. */
  readonly printed: string;
  /** What commander said about a command line it did not understand. */
  readonly complaint: string;
  /** A command with the global options. */
  createCommand(text: CommandText): Command;
  /** A command without them, for one whose arguments belong to another program. */
  createForeignCommand(text: CommandText): Command;
  /** Sets what a command does when it is the one named. */
  onRun<Options>(command: Command, work: CommandWork<Options>): Command;
}

/** Wide enough for one line an option; help is the same text wherever it is read. */
const helpWidth = 110;

export function createSession(io: CommandLineIo): Session {
  let exitCode = 0;
  let printed = '';
  let complaint = '';

  function createForeignCommand({ name, summary, examples }: CommandText): Command {
    return new Command(name)
      .description(summary)
      .summary(summary)
      .helpOption('-h, --help', 'Print help')
      .helpCommand(false)
      .addHelpText('after', formatExamples(examples))
      .configureHelp({ groupItems })
      .exitOverride()
      .configureOutput({
        writeOut: (text) => {
          printed += text;
        },
        writeErr: (text) => {
          complaint += text;
        },
        getOutHelpWidth: () => helpWidth,
        getErrHelpWidth: () => helpWidth,
      });
  }

  return {
    io,
    get exitCode() {
      return exitCode;
    },
    get printed() {
      return printed;
    },
    get complaint() {
      return complaint;
    },
    createForeignCommand,
    createCommand: (text) => addGlobalOptions(createForeignCommand(text)),
    onRun<Options>(command: Command, work: CommandWork<Options>) {
      return command.action(async () => {
        const globals = readGlobalOptions(command, io.env);
        exitCode = await work({
          io,
          // Commander's flags are untyped; the option parsers of the same file decide what is in them.
          options: readOwnOptions(command) as Options,
          operands: command.args,
          globals,
          output: createOutput(io, globals.json),
        });
      });
    },
  };
}

/** The groups of a help text in their order, except that the options all commands share come last. */
const groupItems: Help['groupItems'] = (...given) => {
  const groups = Help.prototype.groupItems(...given);
  const globals = groups.get(globalHeading);
  if (globals === undefined) return groups;
  groups.delete(globalHeading);
  return groups.set(globalHeading, globals);
};

function formatExamples(examples: readonly Example[]): string {
  return `\nExamples:\n${examples.map(({ line, note }) => `  # ${note}\n  ${line}`).join('\n')}`;
}
