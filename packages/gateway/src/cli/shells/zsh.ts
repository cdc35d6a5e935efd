import {
  type CompletionCommand,
  type CompletionOption,
  type CompletionValue,
  listCompletionPaths,
  optionNames,
} from '../completion-tree.ts';

/** A script for zsh: a file of `$fpath` named `_llm-gateway`, or to be sourced. */
export function writeZshCompletion(root: CompletionCommand): string {
  const functions = listCompletionPaths(root).map(({ words, command }) =>
    writeFunction(functionName(root.name, words), command, (child) => functionName(root.name, [...words, child])),
  );
  return `#compdef ${root.name}
# zsh completion for ${root.name}

${functions.join('\n')}
if [ "$funcstack[1]" = "_${root.name}" ]; then
  _${root.name} "$@"
else
  compdef _${root.name} ${root.name}
fi
`;
}

function functionName(program: string, words: readonly string[]): string {
  return `_${[program, ...words].join('__')}`;
}

function writeFunction(name: string, command: CompletionCommand, nameOf: (child: string) => string): string {
  const specs = command.options.map(optionSpec);
  if (command.commands.length === 0) {
    const operands = command.operands.map((operand, index) =>
      quote(`${index + 1}:${escapeText(operand.name)}:${action(operand)}`),
    );
    return `${name}() {\n  _arguments -s -S ${[...specs, ...operands].join(' \\\n    ')}\n}\n`;
  }
  const names = command.commands.map((child) => quote(`${escapeText(child.name)}:${escapeText(child.description)}`));
  const cases = command.commands.map((child) => `        ${child.name}) ${nameOf(child.name)} ;;`);
  return `${name}() {
  local curcontext="$curcontext" state line
  typeset -A opt_args
  _arguments -s -S -C ${[...specs, quote('1:command:->command'), quote('*::argument:->argument')].join(' \\\n    ')}
  case $state in
    command)
      local -a names=(
        ${names.join('\n        ')}
      )
      _describe -t commands command names
      ;;
    argument)
      case $line[1] in
${cases.join('\n')}
      esac
      ;;
  esac
}
`;
}

/** `'(-p --port)'{-p,--port}'[Server port]:PORT:'` as `_arguments` reads it. */
function optionSpec(option: CompletionOption): string {
  const names = optionNames(option);
  const value = option.value === undefined ? '' : `:${escapeText(option.value.name)}:${action(option.value)}`;
  const rest = quote(`[${escapeText(option.description)}]${value}`);
  const repeat = option.isRepeatable ? quote('*') : names.length > 1 ? quote(`(${names.join(' ')})`) : '';
  // `+` and `=` let a value stand in the same word: -p8080, --port=8080.
  const forms = names.map((name) =>
    option.value === undefined ? name : `${name}${name.startsWith('--') ? '=' : '+'}`,
  );
  return `${repeat}${forms.length > 1 ? `{${forms.join(',')}}` : forms[0]}${rest}`;
}

function action({ choices, isFile }: CompletionValue): string {
  if (choices.length > 0) return `(${choices.join(' ')})`;
  return isFile ? '_files' : ' ';
}

/** Colons and brackets divide the parts of a specification. */
function escapeText(text: string): string {
  return text.replace(/[\\:[\]]/g, '\\$&');
}

function quote(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}
