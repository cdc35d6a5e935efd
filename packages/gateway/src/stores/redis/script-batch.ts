import { defineScript, luaShared, type RedisScript } from './redis-script.ts';

/** One call of a script. */
export interface ScriptCall {
  readonly script: RedisScript;
  readonly keys: readonly string[];
  readonly parameters: readonly string[];
}

/** What a call of a batch came to: what its script answered, or what the server refused it with. */
export type CallOutcome = { readonly answer: unknown } | { readonly refusal: string };

/** Calls that are run as one. */
export interface ScriptBatch {
  /** Whether calls of a script can be in it. */
  takes(script: RedisScript): boolean;
  /** The one call that runs all of them, one after the other; what one is refused with touches no other. */
  callOf(calls: readonly ScriptCall[]): ScriptCall;
  /** What it answered, call by call. Throws where that is not what the script says. */
  outcomesOf(answer: unknown): readonly CallOutcome[];
}

/**
 * A script that runs calls of other scripts. Parameters and answers are JSON: to hand each over by itself takes a driver and
 * the server longer than the scripts themselves. Keys are keys of the whole, each once, however many calls have it. The parts
 * of all scripts are there once, and so is what they share: what one has read of a counter, the next ones need not read again.
 */
export function defineBatch(scripts: readonly RedisScript[]): ScriptBatch {
  const parts = new Set(scripts.flatMap((script) => script.parts));
  const functions = scripts.map(({ body }) => `function(KEYS, ARGV)\n${body}\nend`);
  const batch = defineScript(`${luaShared}${[...parts].join('')}
local scripts = {
${functions.join(',\n')}
}
local answers = {}
for index, call in ipairs(cjson.decode(ARGV[1])) do
  local keys = {}
  for place, key in ipairs(call[2]) do keys[place] = KEYS[key] end
  local is_run, answer = pcall(scripts[call[1]], keys, call[3])
  if not is_run then
    answer = type(answer) == 'table' and answer.err or tostring(answer)
    -- What it has changed there and what it has written may be two things.
    shared = {}
  end
  answers[index] = { is_run and 1 or 0, answer }
end
return cjson.encode(answers)
`);
  const numbers = new Map(scripts.map((script, index) => [script, index + 1]));
  return {
    takes: (script) => numbers.has(script),
    callOf(calls) {
      const places = new KeyPlaces();
      const told = calls.map(({ keys, parameters, script }) => [numbers.get(script), places.of(keys), parameters]);
      return { script: batch, keys: places.keys, parameters: [JSON.stringify(told)] };
    },
    outcomesOf: (answer) => (JSON.parse(answer as string) as Told[]).map(outcomeOf),
  };
}

/** Keys of all calls, counted from 1. */
class KeyPlaces {
  readonly keys: string[] = [];
  readonly #places = new Map<string, number>();

  of(keys: readonly string[]): readonly number[] {
    return keys.map((key) => this.#places.get(key) ?? this.#add(key));
  }

  #add(key: string): number {
    const place = this.keys.push(key);
    this.#places.set(key, place);
    return place;
  }
}

/** Nothing has no place in a list of Lua's. */
type Told = readonly [isRun: 1, answer?: unknown] | readonly [isRun: 0, refusal: string];

function outcomeOf(told: Told): CallOutcome {
  if (told[0] === 0) return { refusal: told[1] };
  const [, answer] = told;
  return { answer: Array.isArray(answer) ? answer.map(listOf) : listOf(answer) };
}

/** A list without members comes as an object without any: Lua knows no difference. */
function listOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? [] : value;
}
