import { titleOf } from './subjects.mjs';
import { formatTable } from './table.mjs';

/** @typedef {import('./measurement.mjs').ScenarioReport} ScenarioReport */
/** @typedef {import('./measurement.mjs').Measurement} Measurement */
/**
 * Everything that one run found out; what --json writes.
 * @typedef {import('./targets.mjs').Measured & {
 *   environment: import('./environment.mjs').Environment, rounds: number, isQuick: boolean, notes: readonly string[],
 *   targets: readonly import('./targets.mjs').Target[],
 * }} Report
 */

const NOTHING = '–';

/**
 * The report for people: a table for each scenario, starts and memory, then the targets.
 * @param {Report} report
 * @param {{ isMarkdown: boolean }} style
 */
export function formatReport(report, { isMarkdown }) {
  const heading = (/** @type {string} */ text) => (isMarkdown ? `### ${text}` : text);
  const parts = [formatEnvironment(report, isMarkdown)];
  for (const scenario of report.scenarios) {
    parts.push(`${heading(`${scenario.name}: ${scenario.title}`)}\n\n${formatScenario(scenario, isMarkdown)}`);
  }
  if (report.starts.length > 0)
    parts.push(`${heading('start: from the spawn of the process')}\n\n${formatStarts(report, isMarkdown)}`);
  if (report.memory.length > 0)
    parts.push(`${heading('memory: resident, whole process tree')}\n\n${formatMemory(report, isMarkdown)}`);
  parts.push(`${heading('targets of the gateway')}\n\n${formatTargets(report, isMarkdown)}`);
  return `${parts.join('\n\n')}\n`;
}

/**
 * @param {Report} report
 * @param {boolean} isMarkdown
 */
function formatEnvironment({ environment, rounds, isQuick, notes }, isMarkdown) {
  const { cpu, cores, memoryGigabytes, kernel, node, nginx, undici, commit, date } = environment;
  const lines = [
    `Machine: ${cpu}, ${cores} cores, ${memoryGigabytes} GB, Linux ${kernel}`,
    `Versions: Node.js ${node}, undici ${undici}, nginx ${nginx}`,
    `Commit: ${commit}; date: ${date}`,
    `Rounds: ${rounds}${isQuick ? ', short (--quick): too coarse to publish' : ''}; figures are medians of the rounds, least and greatest in parentheses`,
    ...notes.map((note) => `Note: ${note}`),
  ];
  return lines.map((line) => (isMarkdown ? `- ${line}` : line)).join('\n');
}

/**
 * @param {ScenarioReport} scenario
 * @param {boolean} isMarkdown
 */
function formatScenario({ unit, measurements }, isMarkdown) {
  const cpuOf = (/** @type {string} */ name) => measurements.find((one) => one.subject === name)?.cpuMicros?.median;
  const latencyTitle = unit === 'event' ? 'first event' : 'latency';
  const headers = [
    'subject',
    `CPU µs/${unit}`,
    '× nginx',
    '× bare',
    `${latencyTitle} p50 ms`,
    'p99 ms',
    `${unit}s/s`,
    'errors',
  ];
  const rows = measurements.map((one) => {
    const times = unit === 'event' ? one.firstEvent : one.latency;
    return [
      titleOf(one.subject),
      one.cpuMicros === undefined ? NOTHING : formatSpread(one.cpuMicros, unit === 'event' ? 2 : 1),
      formatRatio(one.cpuMicros?.median, cpuOf('nginx')),
      formatRatio(one.cpuMicros?.median, cpuOf('bare')),
      times === undefined ? NOTHING : times.p50.median.toFixed(2),
      times === undefined ? NOTHING : times.p99.median.toFixed(2),
      Math.round(one.perSecond.median).toString(),
      formatErrors(one.errors),
    ];
  });
  return formatTable({ headers, rows, isMarkdown });
}

/**
 * @param {Report} report
 * @param {boolean} isMarkdown
 */
function formatStarts({ starts }, isMarkdown) {
  const rows = starts.map((one) => [
    titleOf(one.subject),
    formatSpread(one.healthyMs, 0),
    formatSpread(one.relayedMs, 0),
  ]);
  return formatTable({ headers: ['subject', 'first 200 on /health, ms', 'first relayed reply, ms'], rows, isMarkdown });
}

/**
 * @param {Report} report
 * @param {boolean} isMarkdown
 */
function formatMemory({ memory }, isMarkdown) {
  const rows = memory.map((one) => [titleOf(one.subject), one.idleMegabytes.toFixed(0), one.afterMegabytes.toFixed(0)]);
  return formatTable({ headers: ['subject', 'idle, MB', 'after the scenarios, MB'], rows, isMarkdown });
}

/**
 * @param {Report} report
 * @param {boolean} isMarkdown
 */
function formatTargets({ targets }, isMarkdown) {
  const rows = targets.map((one) => [one.title, `≤ ${one.limit}`, one.measured ?? NOTHING, one.verdict]);
  return formatTable({ headers: ['target', 'at most', 'measured', 'verdict'], rows, isMarkdown });
}

/**
 * @param {import('./measurement.mjs').Spread} spread
 * @param {number} digits
 */
function formatSpread({ median, min, max, rounds }, digits) {
  const middle = median.toFixed(digits);
  return rounds.length === 1 ? middle : `${middle} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/**
 * @param {number | undefined} value
 * @param {number | undefined} base
 */
function formatRatio(value, base) {
  return value === undefined || base === undefined || base === 0 ? NOTHING : (value / base).toFixed(2);
}

/** @param {Record<string, number>} errors */
function formatErrors(errors) {
  const kinds = Object.entries(errors);
  return kinds.length === 0 ? '0' : kinds.map(([kind, count]) => `${count} ${kind}`).join(', ');
}
