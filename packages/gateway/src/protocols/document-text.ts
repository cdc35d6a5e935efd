/** A document of plain text behind what is said about it, for wires without a part of its own for one. */
export function documentText(text: string, about: readonly (string | undefined)[]): string {
  const head = about.filter((line) => line !== undefined && line !== '');
  return head.length === 0 ? text : `${head.join('\n')}\n\n${text}`;
}
