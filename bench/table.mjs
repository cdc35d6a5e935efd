/**
 * Rows as an aligned table. The first column is flush left, the others flush right, as figures are read.
 * @param {{ headers: readonly string[], rows: readonly (readonly string[])[], isMarkdown: boolean }} parts
 * @returns {string}
 */
export function formatTable({ headers, rows, isMarkdown }) {
  const widths = headers.map((header, column) =>
    Math.max(3, header.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (/** @type {string} */ text, /** @type {number} */ column) =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  const line = (/** @type {readonly string[]} */ cells) => {
    const padded = cells.map(pad);
    return isMarkdown ? `| ${padded.join(' | ')} |` : `  ${padded.join('  ')}`.trimEnd();
  };
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const separator = isMarkdown ? `| ${rule.join(' | ')} |` : `  ${widths.map((width) => '-'.repeat(width)).join('  ')}`;
  return [line(headers), separator, ...rows.map(line)].join('\n');
}
