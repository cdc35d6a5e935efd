// Newline and tab may pass; ESC and its kin could move the cursor, retitle the window or type into the shell.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const controlCharacters = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text from elsewhere without the control characters a terminal would obey. */
export function printableText(text: string): string {
  return text.replace(controlCharacters, '');
}

/** The same on one line, for table cells and messages. */
export function printableLine(text: string): string {
  return printableText(text)
    .replace(/[\n\t]+/g, ' ')
    .trim();
}
