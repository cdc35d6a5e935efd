import { claude } from './claude.mjs';
import { codex } from './codex.mjs';
import { gemini } from './gemini.mjs';
import { opencodes } from './opencode.mjs';
import { qwen } from './qwen.mjs';

/** A name that no agent knows, as most names of a gateway's models are. */
const alias = 'house-model';
const faults = ['truncated', 'rate-limited', 'error-event'];
/**
 * Agents that hand thoughts back, and upstreams that want theirs back. Gemini's keeps only signatures that stand beside a
 * call, as Google's do and Anthropic's do not.
 */
const thinkers = new Map([
  [claude, ['anthropic-messages', 'gemini', 'bedrock-converse']],
  [codex, ['openai-responses', 'anthropic-messages', 'gemini']],
  [gemini, ['gemini']],
]);
const [opencodeChat, opencodeResponses, opencodeMessages, opencodeGemini] = opencodes;

/** Which upstreams each agent is tried with beside its own wire; the first of them with faults too. */
const foreign = [
  [claude, ['openai-chat', 'gemini', 'bedrock-converse']],
  [codex, ['anthropic-messages', 'openai-chat', 'gemini']],
  [gemini, ['anthropic-messages', 'openai-chat']],
  [opencodeChat, ['anthropic-messages']],
  [opencodeMessages, ['openai-chat']],
  [opencodeResponses, []],
  [opencodeGemini, []],
  [qwen, ['anthropic-messages', 'bedrock-converse']],
];

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {typeof claude} agent
 * @property {string} upstream the wire of the upstream
 * @property {string} model
 * @property {string | undefined} play what the upstream does beside answering
 */

/** Every run, the plain ones of an agent before its faults. */
export const cases = foreign.flatMap(([agent, wires]) => [
  playCase(agent, agent.wire),
  ...(agent.ownModel === alias ? [] : [{ ...playCase(agent, agent.wire), ...named(agent, agent.ownModel) }]),
  ...wires.map((wire) => playCase(agent, wire)),
  ...(thinkers.get(agent) ?? []).map((wire) => playCase(agent, wire, 'reasoning')),
  ...(agent === codex ? [{ ...playCase(agent, agent.wire, 'websocket'), model: agent.ownModel }] : []),
  ...[agent.wire, ...wires.slice(0, 1)].flatMap((wire) => faults.map((fault) => playCase(agent, wire, fault))),
]);

/** The name has the wires of client and upstream, as one looks for them. */
function playCase(agent, upstream, play) {
  const name = [agent.name, `${agent.wire}→${upstream}`, ...(play === undefined ? [] : [play])].join(' ');
  return { name, agent, upstream, model: alias, play };
}

function named(agent, model) {
  return { name: `${playCase(agent, agent.wire).name} ${model}`, model };
}
