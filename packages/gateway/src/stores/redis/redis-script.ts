import { hash } from 'node:crypto';

/** A script that the server runs as one step. */
export interface RedisScript {
  readonly lua: string;
  /** SHA-1 in hex, by which the server knows it. */
  readonly sha: string;
  /** Its own part of the text, and the functions before it, which several scripts may have in common. */
  readonly body: string;
  readonly parts: readonly string[];
}

/** Makes a script of its text and of the parts that it needs, each after those that it needs itself. */
export function defineScript(body: string, parts: readonly string[] = []): RedisScript {
  const lua = parts.length === 0 ? body : [luaShared, ...parts, body].join('');
  return { lua, sha: hash('sha1', lua), body, parts };
}

/**
 * What the scripts of one call have in common: counters under the names of their keys, as they stand in the server. Whoever
 * writes there changes them here as well, or takes them out.
 */
export const luaShared = 'local shared = {}\n';

/**
 * For scripts that count by time: after `begin`, `now` is in milliseconds, and `floor_now` in whole ones, by the server's clock, so
 * that all replicas mean the same, and one moment for all scripts of a call. A parameter that is not empty takes its place. What is
 * shared is pruned by its moment, and good for no other. Numbers are written so that nothing of them is lost: whole ones, as nearly
 * all are, in a third of the time that others take.
 */
const luaTime = `
local now, floor_now, server_now
local function begin(time)
  local moment = tonumber(time)
  if moment == nil then
    if server_now == nil then
      local read = redis.call('TIME')
      server_now = tonumber(read[1]) * 1000 + tonumber(read[2]) / 1000
    end
    moment = server_now
  end
  if moment ~= now then shared = {} end
  now, floor_now = moment, math.floor(moment)
end
local function text(number)
  local is_whole = number % 1 == 0 and number >= -9007199254740992 and number <= 9007199254740992
  return string.format(is_whole and '%d' or '%.17g', number)
end
`;

/** Makes a script that counts by time, of which the first parameter tells, and of the parts that it needs besides. */
export function defineTimedScript(body: string, parts: readonly string[] = []): RedisScript {
  return defineScript(`begin(ARGV[1])${body}`, [luaTime, ...parts]);
}

/**
 * For scripts that keep leases in a sorted set by their ends: those are whole milliseconds, for short sets keep other
 * numbers as texts, which are read at each comparison. None ends at the moment at which it begins.
 */
export const luaLeases = `
local function lease_end(milliseconds) return text(math.ceil(now + milliseconds)) end
local function until_now() return text(floor_now) end
`;
