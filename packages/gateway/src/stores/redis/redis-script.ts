import { hash } from 'node:crypto';

/** A script that the server runs as one step. */
export interface RedisScript {
  readonly lua: string;
  /** SHA-1 in hex, by which the server knows it. */
  readonly sha: string;
}

/** Makes a script of its text. */
export function defineScript(lua: string): RedisScript {
  return { lua, sha: hash('sha1', lua) };
}

/**
 * Begins scripts that count by time: `now` in milliseconds, the server's own, so that all replicas mean the same. The
 * first parameter of the script takes its place when it is not empty. Numbers are written so that nothing of them is lost:
 * whole ones, as nearly all are, in a third of the time that others take.
 */
export const luaTime = `
local now = tonumber(ARGV[1])
if now == nil then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
end
local function text(number)
  local is_whole = number % 1 == 0 and number >= -9007199254740992 and number <= 9007199254740992
  return string.format(is_whole and '%d' or '%.17g', number)
end
`;

/**
 * Follows in scripts that keep leases in a sorted set by their ends: those are whole milliseconds, for short sets keep other
 * numbers as texts, which are read at each comparison.
 */
export const luaLeases = `
local function lease_end(milliseconds) return text(math.ceil(now + milliseconds)) end
local function until_now() return text(math.floor(now)) end
`;
