import { Argument, type Command } from 'commander';
import { readCompletionTree } from '../completion-tree.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Session } from '../session.ts';

const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;
type Shell = (typeof shells)[number];

export function createCompletionsCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'completions',
    summary: 'Generate shell completions',
    examples: [
      { line: 'llm-gateway completions bash > /etc/bash_completion.d/llm-gateway', note: 'Install for bash' },
      { line: 'llm-gateway completions zsh > ~/.zfunc/_llm-gateway', note: 'Install for zsh (a folder of $fpath)' },
      { line: 'llm-gateway completions fish > ~/.config/fish/completions/llm-gateway.fish', note: 'Install for fish' },
      { line: 'llm-gateway completions powershell >> $PROFILE', note: 'Install for PowerShell' },
    ],
  });
  command.addArgument(new Argument('<SHELL>', 'Shell to complete in').choices(shells));

  return session.onRun(command, async ({ operands, output }) => {
    const shell = operands[0] as Shell;
    const script = await writeScript(shell, rootOf(command));
    output.success({ shell, script });
    output.text(script);
    return exitCodes.ok.code;
  });
}

async function writeScript(shell: Shell, root: Command): Promise<string> {
  const tree = readCompletionTree(root);
  switch (shell) {
    case 'bash':
      return (await import('../shells/bash.ts')).writeBashCompletion(tree);
    case 'zsh':
      return (await import('../shells/zsh.ts')).writeZshCompletion(tree);
    case 'fish':
      return (await import('../shells/fish.ts')).writeFishCompletion(tree);
    case 'powershell':
      return (await import('../shells/powershell.ts')).writePowershellCompletion(tree);
  }
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
