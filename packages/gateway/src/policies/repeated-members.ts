import { GatewayError } from '../canonical/gateway-error.ts';
import { isObject, type JsonObject } from '../canonical/json.ts';
import { findMembers } from '../framing/json-members.ts';
import { scanJson } from '../framing/json-scan.ts';

/**
 * Members that decide what a request may do, where it goes, what is set aside for it or how its answer is read, on one wire or
 * another. Parsers differ in which of two they believe: a scope that was checked in one would not hold for the other. What
 * is not among them passes as it was sent.
 */
const decisive: ReadonlySet<string> = new Set([
  // Who may answer.
  'model',
  'models',
  'fallbacks',
  // How it answers.
  'stream',
  'stream_options',
  'background',
  'store',
  'previous_response_id',
  // What it may cost.
  'n',
  'best_of',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'maxOutputTokens',
  'maxTokens',
  'generationConfig',
  'generation_config',
  'inferenceConfig',
  'service_tier',
  'serviceTier',
  'speed',
  'inference_geo',
  // What is counted and kept of what is said.
  'messages',
  'contents',
  'input',
  'prompt',
]);

/**
 * Refuses the bytes of a JSON object that have a decisive member twice, with different values. Throws `invalid_request`.
 * To be asked only where some member is there twice: it goes through all of the bytes.
 */
export function checkRepeatedMembers(body: Buffer): void {
  const seen = new Map<string, Buffer>();
  for (const { key, start, end } of findMembers(body, decisive)) {
    const value = body.subarray(start, end);
    const earlier = seen.get(key);
    if (earlier !== undefined && !earlier.equals(value)) {
      const message = `\`${key}\` is there twice, with different values. Send it once.`;
      throw new GatewayError('invalid_request', message, { param: key });
    }
    seen.set(key, value);
  }
}

/** Lists of which entries name models, and how deep in them: those of tools have settings that do. */
const modelLists: ReadonlyMap<string, number> = new Map([
  ['models', 1],
  ['fallbacks', 1],
  ['tools', 2],
  ['plugins', 2],
]);
const listNames: ReadonlySet<string> = new Set(modelLists.keys());
const modelMembers: ReadonlySet<string> = new Set(['model', ...listNames]);

/**
 * Refuses a body that could name other models to its upstream than it does here, for a key that is for some models only: in
 * another spelling, since some parsers do not tell letters' case apart, and the last of two counts with them; and twice in one
 * entry of a list of further models. Throws `invalid_request`.
 */
export function checkModelSpelling(outline: JsonObject, body: Buffer): void {
  let hasEntries = false;
  for (const name of Object.keys(outline)) {
    if (!modelMembers.has(name) && modelMembers.has(folded(name))) {
      const message = `\`${name}\` could be taken for \`${folded(name)}\`. Write it so, or leave it out.`;
      throw new GatewayError('invalid_request', message, { param: name });
    }
    if (listNames.has(name)) hasEntries ||= Array.isArray(outline[name]) && outline[name].some(isObject);
  }
  if (hasEntries) for (const { key, start, end } of findMembers(body, listNames)) checkEntries(body, key, start, end);
}

/** Names in the objects of a list: each is to have one that may be read as `model`. */
function checkEntries(body: Buffer, list: string, start: number, end: number): void {
  const levels = modelLists.get(list) ?? 1;
  let named = 0;
  const isRead = scanJson(body, start, end, (depth, keyStart, keyEnd) => {
    // The list is a level, too.
    if (depth < 2 || depth > levels + 1) return;
    const key: string = JSON.parse(body.toString('utf8', keyStart - 1, keyEnd + 1));
    if (folded(key) === 'model') named++;
  });
  if (isRead && (named === 0 || named <= namedIn(JSON.parse(body.toString('utf8', start, end)), levels))) return;
  const message = `An entry of \`${list}\` names its \`model\` twice, or in another spelling. Name it once.`;
  throw new GatewayError('invalid_request', message, { param: list });
}

/** How many objects of a list have a `model`, or, where settings count as well, how many of theirs. */
function namedIn(list: unknown, levels: number): number {
  if (!Array.isArray(list)) return 0;
  let named = 0;
  for (const entry of list.filter(isObject)) {
    if (Object.hasOwn(entry, 'model')) named++;
    if (levels > 1)
      for (const inner of Object.values(entry)) if (isObject(inner) && Object.hasOwn(inner, 'model')) named++;
  }
  return named;
}

/** As parsers compare names that do not tell letters' case apart; `ſ` is an `s` to them. */
function folded(name: string): string {
  return name.toUpperCase().toLowerCase();
}
