const heads = [
  'Agent',
  'Version',
  'Client wire',
  'Upstream wire',
  'Model',
  'Play',
  'Requests',
  'Seconds',
  'Exit',
  'Result',
];

/**
 * The results as a table for people.
 * @param {readonly ReturnType<typeof import('./judge.mjs').judge>[]} results
 */
export function formatTable(results) {
  const rows = results.map((result) => [
    result.agent,
    result.version,
    result.client,
    result.upstream,
    result.model,
    result.play ?? '',
    String(result.requests),
    (result.ms / 1000).toFixed(1),
    String(result.exit ?? 'killed'),
    result.problems.length === 0 ? 'ok' : 'FAILED',
  ]);
  const widths = heads.map((head, index) => Math.max(head.length, ...rows.map((row) => row[index].length)));
  const lines = [heads, ...rows].map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index]))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
