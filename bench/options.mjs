import { parseArgs } from 'node:util';
import { scenarios } from './scenarios.mjs';
import { servedSubjectNames, subjectNames } from './subjects.mjs';

/** @typedef {import('./subjects.mjs').SubjectName} SubjectName */
/**
 * @typedef {{
 *   only: readonly string[], subjects: readonly SubjectName[], rounds: number, isQuick: boolean, isMarkdown: boolean,
 *   jsonFile: string | undefined, soakMinutes: number | undefined,
 * }} Options
 */

const extras = ['start'];
const scenarioNames = [...scenarios.map((scenario) => scenario.name), ...extras];

export const help = `Usage: npm run bench -- [OPTIONS]

Measures the CPU time, latency and memory of the built gateway beside nginx and a bare proxy, in turns, in one run.

  --only NAMES       only these scenarios: ${scenarioNames.join(', ')}
  --subjects NAMES   only these subjects: ${subjectNames.join(', ')}; and, where BENCH_DATABASE_URL and
                     BENCH_REDIS_URL name servers, ${servedSubjectNames.join(', ')}
  --quick            one short round of everything, under a minute; too coarse to publish
  --rounds N         rounds of each scenario [default: 5]
  --json FILE        also write everything that was measured
  --markdown         print the report as Markdown
  --soak MINUTES     instead: mixed load with clients that leave, memory sampled, its slope reported
  --help             print this
`;

/**
 * Reads the command line. Throws with a sentence for the user on a wrong one.
 * @param {string[]} args
 * @returns {Options | 'help'}
 */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      subjects: { type: 'string' },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      json: { type: 'string' },
      markdown: { type: 'boolean', default: false },
      soak: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    only: readNames('--only', values.only, scenarioNames),
    subjects:
      values.subjects === undefined
        ? subjectNames
        : readNames('--subjects', values.subjects, [...subjectNames, ...servedSubjectNames]),
    rounds: values.rounds === undefined ? (values.quick ? 1 : 5) : Math.ceil(readPositive('--rounds', values.rounds)),
    isQuick: values.quick,
    isMarkdown: values.markdown,
    jsonFile: values.json,
    soakMinutes: values.soak === undefined ? undefined : readPositive('--soak', values.soak),
  };
}

/**
 * @template {string} T
 * @param {string} option
 * @param {string | undefined} text comma-separated
 * @param {readonly T[]} known
 * @returns {readonly T[]}
 */
function readNames(option, text, known) {
  if (text === undefined) return known;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !known.some((candidate) => candidate === name));
  if (unknown.length > 0)
    throw new Error(`${option} does not know ${unknown.join(', ')}; it knows ${known.join(', ')}.`);
  return known.filter((candidate) => names.includes(candidate));
}

/**
 * @param {string} option
 * @param {string} text
 */
function readPositive(option, text) {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`${option} needs a number above 0, not "${text}".`);
  return value;
}
