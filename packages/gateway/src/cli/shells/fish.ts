import {
  type CompletionCommand,
  type CompletionPath,
  type CompletionValue,
  listCompletionPaths,
  listValueOptions,
} from '../completion-tree.ts';

/** A script for fish 3 and later. */
export function writeFishCompletion(root: CompletionCommand): string {
  const paths = listCompletionPaths(root);
  const { everywhere, here } = listValueOptions(root);
  const helper = `__${root.name.replace(/\W/g, '_')}_at`;
  const known = paths.filter(({ words }) => words.length > 0).map(({ words }) => quote(words.join(' ')));
  return `# fish completion for ${root.name}

# Whether the words typed so far lead to the given command, and to no deeper one.
function ${helper}
  set -l path
  set -l skip no
  for word in (commandline -opc)[2..-1]
    if test $skip = yes
      set skip no
    else if contains -- $word ${everywhere.join(' ')}
      set skip yes
    else if contains -- "$path:$word" ${here.map(quote).join(' ')}
      set skip yes
    else if not string match -q -- '-*' $word
      set -l next (string trim -- "$path $word")
      if contains -- $next ${known.join(' ')}
        set path $next
      end
    end
  end
  test "$path" = "$argv[1]"
end

complete -c ${root.name} -f
${paths.map((path) => writeCommand(root.name, helper, path)).join('')}`;
}

function writeCommand(program: string, helper: string, { words, command }: CompletionPath): string {
  const prefix = `complete -c ${program} -n ${quote(`${helper} "${words.join(' ')}"`)}`;
  const commands = command.commands.map((child) => `${prefix} -a ${child.name} -d ${quote(child.description)}\n`);
  const options = command.options.map((option) => {
    const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`;
    const value = option.value === undefined ? '' : ` ${valueFlags(option.value)}`;
    return `${prefix}${short} -l ${option.long.slice(2)}${value} -d ${quote(option.description)}\n`;
  });
  const operands = command.operands.flatMap((operand) => {
    if (operand.choices.length > 0) return [`${prefix} -a ${quote(operand.choices.join(' '))}\n`];
    return operand.isFile ? [`${prefix} -F\n`] : [];
  });
  // The program itself also takes the name of a configuration file.
  const files = words.length === 0 ? [`${prefix} -F\n`] : [];
  return [...commands, ...files, ...operands, ...options].join('');
}

function valueFlags({ choices, isFile }: CompletionValue): string {
  if (choices.length > 0) return `-x -a ${quote(choices.join(' '))}`;
  return isFile ? '-r -F' : '-x';
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
