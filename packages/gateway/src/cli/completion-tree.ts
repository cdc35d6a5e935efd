import type { Argument, Command, Option } from 'commander';

/** The command line as a completion script needs it. */
export interface CompletionCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletionOption[];
  readonly operands: readonly CompletionValue[];
  readonly commands: readonly CompletionCommand[];
}

export interface CompletionOption {
  /** `-p`; undefined when there is none. */
  readonly short: string | undefined;
  readonly long: string;
  readonly description: string;
  /** Undefined: the option takes no value. */
  readonly value: CompletionValue | undefined;
  /** Whether giving it twice means something. */
  readonly isRepeatable: boolean;
}

/** What may stand in a place: one of `choices`, a file, or anything. */
export interface CompletionValue {
  readonly name: string;
  readonly choices: readonly string[];
  readonly isFile: boolean;
}

/** One command with the words that lead to it: `['config', 'show']`; the program itself has none. */
export interface CompletionPath {
  readonly words: readonly string[];
  readonly command: CompletionCommand;
}

/** Reads commander's tree. The program's name is the root's; a file is whatever calls its value FILE. */
export function readCompletionTree(command: Command): CompletionCommand {
  const help = command.createHelp();
  return {
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map(readOption),
    operands: command.registeredArguments.map(readOperand),
    commands: help
      .visibleCommands(command)
      .filter((child) => child.name() !== 'help')
      .map(readCompletionTree),
  };
}

/** Every command of the tree, the root first. */
export function listCompletionPaths(root: CompletionCommand, words: readonly string[] = []): CompletionPath[] {
  return [
    { words, command: root },
    ...root.commands.flatMap((child) => listCompletionPaths(child, [...words, child.name])),
  ];
}

/** Options that take a value, which a script must step over when it looks for the command. */
export interface ValueOptions {
  /** Names that take one wherever they are known. */
  readonly everywhere: readonly string[];
  /** Names that mean something else to other commands, each after its command and a colon: `latency:-w`. */
  readonly here: readonly string[];
}

export function listValueOptions(root: CompletionCommand): ValueOptions {
  const uses = listCompletionPaths(root).flatMap(({ command, words }) =>
    command.options.flatMap(({ value, ...option }) =>
      optionNames(option).map((name) => ({ name, path: words.join(' '), takesValue: value !== undefined })),
    ),
  );
  const flags = new Set(uses.filter(({ takesValue }) => !takesValue).map(({ name }) => name));
  const withValue = uses.filter(({ takesValue }) => takesValue);
  return {
    everywhere: [...new Set(withValue.map(({ name }) => name))].filter((name) => !flags.has(name)),
    here: withValue.filter(({ name }) => flags.has(name)).map(({ name, path }) => `${path}:${name}`),
  };
}

export function optionNames(option: Pick<CompletionOption, 'short' | 'long'>): string[] {
  return option.short === undefined ? [option.long] : [option.short, option.long];
}

function readOption(option: Option): CompletionOption {
  const takesValue = option.required || option.optional;
  const placeholder = /<([^>]+)>/.exec(option.flags)?.[1] ?? 'value';
  return {
    short: option.short,
    long: option.long ?? option.flags,
    description: option.description,
    value: takesValue ? readValue(placeholder, option.argChoices) : undefined,
    isRepeatable: option.attributeName() === 'verbose',
  };
}

function readOperand(argument: Argument): CompletionValue {
  return readValue(argument.name(), argument.argChoices);
}

function readValue(name: string, choices: readonly string[] | undefined): CompletionValue {
  return { name, choices: choices ?? [], isFile: /(^|_)FILE$/i.test(name) };
}
