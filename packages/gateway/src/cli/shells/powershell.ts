import {
  type CompletionCommand,
  type CompletionPath,
  listCompletionPaths,
  listValueOptions,
  optionNames,
} from '../completion-tree.ts';

/** A script for PowerShell 5.1 and later. */
export function writePowershellCompletion(root: CompletionCommand): string {
  const paths = listCompletionPaths(root);
  const { everywhere, here } = listValueOptions(root);
  return `# PowerShell completion for ${root.name}

Register-ArgumentCompleter -Native -CommandName ${quote(root.name)} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)

  $paths = @(${paths.map(({ words }) => quote(words.join(' '))).join(', ')})
  $valueOptions = @(${[...everywhere, ...here].map(quote).join(', ')})

  $path = ''
  $skip = ''
  foreach ($element in @($commandAst.CommandElements | Select-Object -Skip 1)) {
    # The word at the cursor is what is being completed.
    if ($element.Extent.EndOffset -ge $cursorPosition) { break }
    $word = $element.ToString()
    if ($skip) { $skip = ''; continue }
    if (($valueOptions -ccontains $word) -or ($valueOptions -ccontains "\${path}:\${word}")) { $skip = $word; continue }
    if ($word.StartsWith('-')) { continue }
    $next = "$path $word".Trim()
    if ($paths -ccontains $next) { $path = $next }
  }

  $candidates = @(switch -CaseSensitive ("\${path}:\${skip}") {
${paths.map(writeCases).join('')}  })

  $candidates | Where-Object { $_[0].StartsWith($wordToComplete) } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
  }
}
`;
}

function writeCases({ words, command }: CompletionPath): string {
  const path = words.join(' ');
  const candidates = [
    ...command.commands.map(({ name, description }) => [name, description] as const),
    ...command.operands.flatMap(({ name, choices }) => choices.map((choice) => [choice, name] as const)),
    ...command.options.flatMap((option) => optionNames(option).map((name) => [name, option.description] as const)),
  ];
  const values = command.options.flatMap((option) =>
    option.value === undefined || option.value.choices.length === 0
      ? []
      : optionNames(option).map((name) =>
          writeCase(
            `${path}:${name}`,
            option.value?.choices.map((choice) => [choice, option.description] as const) ?? [],
          ),
        ),
  );
  return [writeCase(`${path}:`, candidates), ...values].join('');
}

function writeCase(pattern: string, candidates: readonly (readonly [string, string])[]): string {
  const lines = candidates.map(([text, tooltip]) => `      , @(${quote(text)}, ${quote(tooltip)})`);
  return `    ${quote(pattern)} {\n${lines.join('\n')}\n      break\n    }\n`;
}

/** Only the apostrophe means anything between apostrophes. A tooltip must not be empty. */
function quote(text: string): string {
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}
