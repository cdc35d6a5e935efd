import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * What the command line asks for.
 * @typedef {object} Options
 * @property {readonly string[]} only names of agents; empty for all
 * @property {readonly string[]} cases parts of names of cases; empty for all
 * @property {boolean} isJson the table as JSON, on standard output
 * @property {boolean} isList only says what would be run
 * @property {string} cache folder of the installed agents; they stay there
 * @property {string | undefined} keep folder for what each run left behind
 * @property {string} gateway the gateway's program
 */

export const help = `Usage: npm run test:agents -- [options]

Installs coding agents from npm and lets each do a task, with a tool, through the gateway against the simulator.

  --only <agents>   Some agents only: claude, codex, gemini, opencode, qwen
  --case <text>     Some cases only: those whose names contain the text (may be repeated)
  --cache <folder>  Where agents are installed and kept [env: AGENTS_CACHE] [default: in the system's temporary folder]
  --keep <folder>   Keeps what was sent, said and logged in each run
  --gateway <file>  The gateway's program [default: packages/gateway/bin/llm-gateway.js]
  --list            Says what would be run
  --json            Prints the results as JSON
`;

const root = resolve(import.meta.dirname, '../..');

/**
 * Reads the command line. Throws TypeError for an option that does not exist.
 * @param {readonly string[]} args
 * @returns {Options | 'help'}
 */
export function readOptions(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      case: { type: 'string', multiple: true, default: [] },
      cache: { type: 'string' },
      keep: { type: 'string' },
      gateway: { type: 'string' },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    only: values.only.flatMap((names) => names.split(',')).filter((name) => name !== ''),
    cases: values.case,
    isJson: values.json,
    isList: values.list,
    cache: resolve(values.cache ?? (process.env['AGENTS_CACHE'] || join(tmpdir(), 'llm-gateway-agents'))),
    keep: values.keep === undefined ? undefined : resolve(values.keep),
    gateway: resolve(values.gateway ?? join(root, 'packages/gateway/bin/llm-gateway.js')),
  };
}
