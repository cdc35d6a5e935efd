import { finalText, signature } from './director.mjs';
import { clientKey } from './gateway.mjs';
import { upstreams } from './upstreams.mjs';

/** More than any agent needs that tries again a few times; one that has begun to loop passes it at once. */
const mostRequests = 12;
/** Less than the offer of a WebSocket costs where it is answered in a way that is tried again: nearly seven seconds. */
const longestFallbackMs = 5_000;
/** The second of `Retry-After`, but for the inexactness of timers. */
const shortestWaitMs = 950;

/**
 * What a run has shown, and everything about it that is wrong.
 * @returns {{ name: string, agent: string, version: string, client: string, upstream: string, model: string,
 *   play: string | undefined, requests: number, ms: number, exit: number | undefined, problems: readonly string[] }}
 */
export function judge({ one, outcome, attempts, note, content, log }) {
  const said = readFinalText(one, outcome);
  const answers = attempts.filter(({ path }) => upstreams[one.upstream].path.test(path));
  const facts = { one, outcome, answers, said, note, content, log };
  const problems = [
    ...commonProblems(facts),
    ...(one.play === 'truncated' || one.play === 'error-event' ? brokenProblems(facts) : wholeProblems(facts)),
    ...(one.play === 'websocket' ? webSocketProblems(facts) : []),
    ...(one.play === 'reasoning' ? reasoningProblems(facts) : []),
    ...(one.play === 'rate-limited' ? limitProblems(facts) : []),
  ];
  return { ...describe(one), requests: answers.length, ms: outcome.ms, exit: outcome.code, problems };
}

/**
 * A run that could not be made.
 * @param {import('./cases.mjs').Case} one
 * @param {unknown} error
 * @returns {ReturnType<typeof judge>}
 */
export function failed(one, error) {
  const problem = error instanceof Error ? error.message : String(error);
  return { ...describe(one), requests: 0, ms: 0, exit: undefined, problems: [problem] };
}

/** @param {import('./cases.mjs').Case} one */
function describe({ name, agent, upstream, model, play }) {
  return { name, agent: agent.name, version: agent.package.version, client: agent.wire, upstream, model, play };
}

function readFinalText(one, outcome) {
  try {
    return one.agent.finalText(outcome);
  } catch {
    return undefined;
  }
}

/** What must be so in every run. */
function commonProblems({ one, outcome, answers, note, content }) {
  const problems = [];
  if (outcome.isTimedOut) problems.push('it was still running when its time was over');
  if (answers.length === 0) problems.push(`the upstream was never asked in ${one.upstream}`);
  if (answers.length > mostRequests) problems.push(`the upstream was asked ${answers.length} times`);
  if (note !== content) problems.push(`the tool was not run: the file holds ${JSON.stringify(note)}`);
  const hasResult = answers.some(({ body }) => upstreams[one.upstream].results(parse(body)).length > 0);
  if (!hasResult) problems.push('the result of the tool never came to the upstream');
  const leaks = answers.filter(({ rawHeaders, query }) => `${rawHeaders.join('\n')}\n${query}`.includes(clientKey));
  if (leaks.length > 0) problems.push('the key of the gateway was sent to the upstream');
  return problems;
}

/** The answer is whole in the end. */
function wholeProblems({ outcome, said }) {
  const problems = [];
  if (outcome.code !== 0) problems.push(`it ended with ${outcome.code}: ${lastWords(outcome)}`);
  if (said !== finalText) problems.push(`its final text is ${JSON.stringify(said)}`);
  return problems;
}

/**
 * The answer may be whole after another try, behind the beginning of the first, which some have shown by then; where it
 * is not, the agent must say so.
 */
function brokenProblems({ outcome, said }) {
  if (outcome.code !== 0 || said?.endsWith(finalText)) return [];
  return [`it ended well with ${JSON.stringify(said)}`];
}

function webSocketProblems({ outcome, answers }) {
  const first = answers[0]?.startedAt ?? Number.POSITIVE_INFINITY;
  const waited = Math.round(first - outcome.startedAt);
  return waited > longestFallbackMs ? [`it asked over HTTP after ${waited} ms only`] : [];
}

function reasoningProblems({ answers }) {
  if (answers.some(({ body }) => body.includes(signature))) return [];
  return ['the signature of the thoughts never came back to the upstream'];
}

function limitProblems({ answers }) {
  const index = answers.findIndex(({ status }) => status === 429);
  const [limited, next] = answers.slice(index);
  if (index === -1 || next === undefined) return ['it did not try again'];
  const waited = Math.round(next.startedAt - limited.startedAt);
  return waited < shortestWaitMs ? [`it was told to wait a second and waited ${waited} ms`] : [];
}

function lastWords({ stdout, stderr }) {
  return (stderr.trim() || stdout.trim()).slice(-300);
}

/** @param {Buffer} body */
function parse(body) {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return {};
  }
}
