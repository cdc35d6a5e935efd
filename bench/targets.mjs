/** @typedef {import('./measurement.mjs').ScenarioReport} ScenarioReport */
/** @typedef {import('./measurement.mjs').Measurement} Measurement */
/** @typedef {import('./subjects.mjs').SubjectName} SubjectName */
/**
 * What the gateway is held to. `measured` is undefined when the run did not measure what it takes.
 * @typedef {{ title: string, limit: string, measured: string | undefined, verdict: 'pass' | 'miss' | 'not measured' }} Target
 */
/**
 * @typedef {{
 *   scenarios: readonly ScenarioReport[], starts: readonly import('./start-time.mjs').StartTime[],
 *   memory: readonly { subject: SubjectName, idleMegabytes: number, afterMegabytes: number }[],
 * }} Measured
 */

/**
 * @param {Measured} measured
 * @returns {Target[]}
 */
export function judgeTargets({ scenarios, starts, memory }) {
  const find = (/** @type {string} */ scenario, /** @type {SubjectName} */ subject) =>
    scenarios.find((report) => report.name === scenario)?.measurements.find((one) => one.subject === subject);
  const cpu = (/** @type {string} */ scenario, /** @type {SubjectName} */ subject) =>
    find(scenario, subject)?.cpuMicros?.median;
  /** Of the gateway without a record, whose goals are older than the record. */
  const plain = (/** @type {string} */ scenario) => cpu(scenario, 'unrecorded');
  const ratio = (/** @type {string} */ scenario) => quotient(plain(scenario), cpu(scenario, 'bare'));
  const firstEvent = (/** @type {SubjectName} */ subject) => find('first-event', subject)?.firstEvent?.p99.median;
  const idle = memory.find((one) => one.subject === 'gateway')?.idleMegabytes;
  const start = starts.find((one) => one.subject === 'gateway')?.healthyMs.median;
  return [
    target('Small request, CPU', plain('unary'), 60, 'µs'),
    target('Small request, CPU against nginx', quotient(plain('unary'), cpu('unary', 'nginx')), 4, '×'),
    target('Relayed event, unpaced, CPU', plain('stream'), 3, 'µs'),
    target('100 paced streams, CPU against the bare proxy', ratio('paced-100'), 1.3, '×'),
    target('500 paced streams, CPU against the bare proxy', ratio('paced-500'), 1.3, '×'),
    target(
      'First event at p99, later than the bare proxy',
      difference(firstEvent('unrecorded'), firstEvent('bare')),
      0.5,
      'ms',
    ),
    target('10 kB body, CPU against the bare proxy', ratio('body-10k'), 1.15, '×'),
    target('100 kB body, CPU against the bare proxy', ratio('body-100k'), 1.15, '×'),
    target('1 MB body, CPU against the bare proxy', ratio('body-1m'), 1.15, '×'),
    target('Translated request, Anthropic to OpenAI, CPU', plain('unary-to-chat'), 120, 'µs'),
    target('Translated request, OpenAI to Anthropic, CPU', plain('unary-to-messages'), 120, 'µs'),
    target('Translated event, Anthropic to OpenAI, CPU', plain('stream-to-chat'), 6, 'µs'),
    target('Translated event, OpenAI to Anthropic, CPU', plain('stream-to-messages'), 6, 'µs'),
    target('Small request with a record, CPU', cpu('unary', 'gateway'), 60, 'µs'),
    target(
      'Small request with a record, CPU against nginx',
      quotient(cpu('unary', 'gateway'), cpu('unary', 'nginx')),
      4,
      '×',
    ),
    target('Resident memory, idle', idle, 120, 'MB'),
    target('Start to the first 200 on /health', start, 500, 'ms'),
    target('Errors, all subjects', scenarios.length === 0 ? undefined : countErrors(scenarios), 0, ''),
  ];
}

/** @param {readonly ScenarioReport[]} scenarios */
export function countErrors(scenarios) {
  const errors = scenarios.flatMap((report) => report.measurements.flatMap((one) => Object.values(one.errors)));
  return errors.reduce((sum, count) => sum + count, 0);
}

/**
 * @param {string} title
 * @param {number | undefined} value
 * @param {number} limit
 * @param {string} unit
 * @returns {Target}
 */
function target(title, value, limit, unit) {
  const print = (/** @type {number} */ number) => `${Number(number.toFixed(2))}${unit === '' ? '' : ` ${unit}`}`;
  if (value === undefined) return { title, limit: print(limit), measured: undefined, verdict: 'not measured' };
  return { title, limit: print(limit), measured: print(value), verdict: value <= limit ? 'pass' : 'miss' };
}

/**
 * @param {number | undefined} value
 * @param {number | undefined} base
 */
function quotient(value, base) {
  return value === undefined || base === undefined || base === 0 ? undefined : value / base;
}

/**
 * @param {number | undefined} value
 * @param {number | undefined} base
 */
function difference(value, base) {
  return value === undefined || base === undefined ? undefined : value - base;
}
