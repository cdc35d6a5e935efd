import {
  type CompletionCommand,
  type CompletionPath,
  type CompletionValue,
  listCompletionPaths,
  listValueOptions,
  optionNames,
} from '../completion-tree.ts';

/** One name a line, so that names may contain spaces. Bash 3.2 has no compopt and goes without its quoting. */
const replyWithFiles = 'local IFS=$\'\\n\'; compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$current"))';

/**
 * A script for bash 3.2 and later. It is static: what the user has typed so far is compared, never evaluated, and no
 * process is started at the press of a key.
 */
export function writeBashCompletion(root: CompletionCommand): string {
  const paths = listCompletionPaths(root);
  const { everywhere, here } = listValueOptions(root);
  const functionName = `_${root.name.replace(/\W/g, '_')}`;
  return `# bash completion for ${root.name}

${functionName}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word="" skip="" operands=0 index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [[ -n $skip ]]; then
      # Bash takes --option=value apart at the sign.
      [[ $word == "=" ]] && continue
      skip=""
      continue
    fi
    case "$path:$word" in
      ${here.map((name) => `"${name}"`).join('|')}) skip="$word"; continue ;;
    esac
    case "$word" in
      ${everywhere.join('|')}) skip="$word" ;;
      -*) ;;
      *)
        case "$path $word" in
          ${paths
            .filter(({ words }) => words.length > 0)
            .map(({ words }) => `"${`${words.slice(0, -1).join(' ')} ${words.at(-1)}`}"`)
            .join('|')}) path="\${path:+$path }$word" ;;
          *) operands=$((operands + 1)) ;;
        esac
        ;;
    esac
  done
  [[ $current == "=" ]] && current=""

  if [[ -n $skip ]]; then
    case "$path:$skip" in
${paths.map(valueCases).join('')}    esac
    return
  fi
  if [[ $current == -* ]]; then
    case "$path" in
${paths.map(optionCase).join('')}    esac
    return
  fi
  case "$path:$operands" in
${paths.map(operandCases).join('')}  esac
}

complete -F ${functionName} ${root.name}
`;
}

function valueCases({ words, command }: CompletionPath): string {
  return command.options
    .flatMap((option) => {
      const reply = option.value === undefined ? undefined : replyWith(option.value);
      if (reply === undefined) return [];
      const patterns = optionNames(option).map((name) => `"${words.join(' ')}:${name}"`);
      return [`      ${patterns.join('|')}) ${reply} ;;\n`];
    })
    .join('');
}

function optionCase({ words, command }: CompletionPath): string {
  const names = command.options.flatMap(optionNames).join(' ');
  return `      "${words.join(' ')}") COMPREPLY=($(compgen -W "${names}" -- "$current")) ;;\n`;
}

function operandCases({ words, command }: CompletionPath): string {
  if (command.commands.length > 0) {
    const names = command.commands.map(({ name }) => name).join(' ');
    // The program itself also takes the name of a configuration file.
    const files = words.length === 0 ? `; ${replyWithFiles}` : '';
    return `    "${words.join(' ')}:0") COMPREPLY=($(compgen -W "${names}" -- "$current"))${files} ;;\n`;
  }
  return command.operands
    .map((operand, index) => {
      const reply = replyWith(operand);
      return reply === undefined ? '' : `    "${words.join(' ')}:${index}") ${reply} ;;\n`;
    })
    .join('');
}

function replyWith({ choices, isFile }: CompletionValue): string | undefined {
  if (choices.length > 0) return `COMPREPLY=($(compgen -W "${choices.join(' ')}" -- "$current"))`;
  return isFile ? replyWithFiles : undefined;
}
