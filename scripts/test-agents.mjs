/**
 * `npm run test:agents`: coding agents from npm, without a screen, through the built gateway against the simulator. Each
 * does a task that needs a tool. Nothing but npm's registry and the loopback is used; `npm test` does not run it.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { cases } from './agents/cases.mjs';
import { findNode, installPackage } from './agents/install.mjs';
import { failed } from './agents/judge.mjs';
import { help, readOptions } from './agents/options.mjs';
import { missingOnPage } from './agents/page.mjs';
import { killAll } from './agents/processes.mjs';
import { formatTable } from './agents/report.mjs';

const progress = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);

process.on('exit', killAll);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));
}

/** @returns {Promise<number>} the exit code */
async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(help);
    return 0;
  }
  const chosen = choose(options);
  checkPage();
  if (options.isList) {
    process.stdout.write(`${chosen.map(({ name }) => name).join('\n')}\n`);
    return 0;
  }
  if (process.platform === 'win32') throw new Error('Windows is not supported: agents are ended as process groups.');
  if (!existsSync(options.gateway)) throw new Error(`There is no ${options.gateway}; npm run build makes it.`);
  mkdirSync(options.cache, { recursive: true });
  const results = [];
  for (const one of chosen) {
    const result = await runOne(one, options).catch((error) => failed(one, error));
    results.push(result);
    progress(`${result.problems.length === 0 ? 'ok    ' : 'FAILED'} ${one.name} (${(result.ms / 1000).toFixed(1)} s)`);
    for (const problem of result.problems) progress(`       ${problem}`);
  }
  process.stdout.write(options.isJson ? `${JSON.stringify(results, undefined, 2)}\n` : `\n${formatTable(results)}`);
  return results.some(({ problems }) => problems.length > 0) ? 1 : 0;
}

/** What the page tells people to do is what is tried. Of an agent that speaks several wires it shows the first. */
function checkPage() {
  for (const agent of new Map(cases.toReversed().map((one) => [one.agent.name, one.agent])).values()) {
    const missing = missingOnPage(agent);
    if (missing.length > 0) throw new Error(`docs/agents.md lacks this of ${agent.name}:\n${missing.join('\n')}`);
  }
}

/** @param {import('./agents/options.mjs').Options} options */
function choose({ only, cases: parts }) {
  const strangers = only.filter((name) => !cases.some(({ agent }) => agent.name === name));
  if (strangers.length > 0) throw new Error(`There is no agent ${strangers.join(', ')}.`);
  const chosen = cases.filter(
    ({ agent, name }) =>
      (only.length === 0 || only.includes(agent.name)) &&
      (parts.length === 0 || parts.some((part) => name.includes(part))),
  );
  if (chosen.length === 0) throw new Error('There is no such case; --list names them.');
  return chosen;
}

/**
 * @param {import('./agents/cases.mjs').Case} one
 * @param {import('./agents/options.mjs').Options} options
 */
async function runOne(one, { cache, keep, gateway }) {
  const { agent } = one;
  const folder = await installPackage({ cache, ...agent.package });
  const program = agent.program(folder);
  if (!existsSync(program)) {
    throw new Error(`${agent.package.name} has no program for ${process.platform} on ${process.arch}.`);
  }
  const node = agent.needsNewerNode ? await findNode(cache) : process.execPath;
  // Loaded here: with --help and --list nothing has to be built.
  const { runCase } = await import('./agents/run-case.mjs');
  return runCase({ one, program, node, gatewayProgram: gateway, keep });
}

main().then(
  (code) => process.exit(code),
  (error) => {
    progress(error instanceof Error ? error.message : String(error));
    process.exit(2);
  },
);
