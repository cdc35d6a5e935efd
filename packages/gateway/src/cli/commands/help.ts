import type { Command } from 'commander';
import type { Session } from '../session.ts';

/** `help keys rotate`: commander's own help command reads one word, and takes no notice of one that is no command. */
export function createHelpCommand(session: Session, program: Command): Command {
  const command: Command = session.createCommand({
    name: 'help',
    summary: 'Print help for a command',
    examples: [{ line: 'llm-gateway help keys rotate', note: 'The same as llm-gateway keys rotate --help' }],
  });
  return command.argument('[command...]', 'The command').action(() => {
    let asked = program;
    for (const name of command.args) {
      const next = asked.commands.find((candidate) => candidate.name() === name);
      if (next === undefined) command.error(`error: unknown command '${name}'`);
      asked = next;
    }
    asked.help();
  });
}
