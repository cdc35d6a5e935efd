import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { startSimulator } from '@llm-gateway/simulator';
import { createDirector } from './director.mjs';
import { clientKey, providerKey, startGateway } from './gateway.mjs';
import { judge } from './judge.mjs';
import { run } from './processes.mjs';

const longestRunMs = 120_000;
const prompt = 'Write the note that I asked for, then say that it is done.';
/** Nobody listens there: what an agent wants from the internet fails at once, as far as it heeds the variable. */
const nowhere = 'http://127.0.0.1:9';

/**
 * Lets an agent do its task once. Everything that it starts and writes is gone afterwards.
 * @param {{ one: import('./cases.mjs').Case, program: string, node: string, gatewayProgram: string, keep: string | undefined }} parts
 */
export async function runCase({ one, program, node, gatewayProgram, keep }) {
  const folder = mkdtempSync(join(tmpdir(), 'llm-gateway-agent-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  // A run that is broken off from outside comes to no end of its own.
  process.once('exit', remove);
  const [home, work] = ['home', 'work'].map((name) => join(folder, name));
  for (const path of [home, work]) mkdirSync(path);
  const file = join(work, 'note.txt');
  const content = `A note of ${one.agent.name}`;
  const call = { name: one.agent.tool.name, arguments: one.agent.tool.argumentsOf({ file, content }) };
  const behaviour = createDirector({ wire: one.upstream, call, play: one.play });
  const simulator = await startSimulator({ apiKey: providerKey, behaviour });
  let gateway;
  try {
    gateway = await startGateway({
      program: gatewayProgram,
      folder: join(folder, 'gateway'),
      wire: one.upstream,
      address: simulator.url,
      // The agent itself is to see the limit, and to wait as it is told.
      resilience: one.play === 'rate-limited' ? { retry: { max_attempts: 1 } } : {},
    });
    const outcome = await runAgent({ one, program, node, url: gateway.url, home, work });
    const result = judge({
      one,
      outcome,
      attempts: simulator.attempts,
      note: readNote(file),
      content,
      log: gateway.log(),
    });
    if (keep !== undefined) keepRun({ keep, one, outcome, attempts: simulator.attempts, log: gateway.log() });
    return result;
  } finally {
    await gateway?.stop();
    await simulator.close();
    process.off('exit', remove);
    remove();
  }
}

function runAgent({ one, program, node, url, home, work }) {
  const { model, play } = one;
  const settings = one.agent.settings({ url, key: clientKey, model });
  const { command, args, env, files } = one.agent.launch({ program, node, url, key: clientKey, model, prompt, play });
  for (const [path, text] of Object.entries({ ...settings.files, ...files })) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  return run({
    command,
    args,
    directory: work,
    env: {
      PATH: [dirname(node), process.env['PATH']].join(delimiter),
      HOME: home,
      TERM: 'dumb',
      NO_COLOR: '1',
      DO_NOT_TRACK: '1',
      HTTPS_PROXY: nowhere,
      NO_PROXY: '127.0.0.1,localhost',
      ...settings.env,
      ...env,
    },
    limitMs: longestRunMs,
  });
}

/** @param {string} file */
function readNote(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function keepRun({ keep, one, outcome, attempts, log }) {
  const folder = join(keep, one.name.replace(/[^\w.]+/g, '-'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'stdout'), outcome.stdout);
  writeFileSync(join(folder, 'stderr'), outcome.stderr);
  writeFileSync(join(folder, 'gateway.log'), log);
  for (const [index, { body, path, query, headers }] of attempts.entries()) {
    writeFileSync(join(folder, `request-${index}.json`), body);
    writeFileSync(join(folder, `request-${index}.head.json`), JSON.stringify({ path, query, headers }, undefined, 2));
  }
}
