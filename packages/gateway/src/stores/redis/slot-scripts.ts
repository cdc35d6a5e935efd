import { defineScript, luaLeases, luaTime } from './redis-script.ts';

const luaStart = luaTime + luaLeases;

/**
 * A pool is a sorted set of tickets by the end of their leases. Parameters: the time, how many may hold, milliseconds of
 * the lease, then tickets in the order of their turn. Answers: how many of them got a slot, and how many are held in all.
 */
export const acquireScript = defineScript(`${luaStart}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', until_now())
local held, granted = redis.call('ZCARD', KEYS[1]), 0
local most, lease = tonumber(ARGV[2]), tonumber(ARGV[3])
for index = 4, #ARGV do
  if held >= most then break end
  redis.call('ZADD', KEYS[1], lease_end(lease), ARGV[index])
  held, granted = held + 1, granted + 1
end
if granted > 0 then redis.call('PEXPIRE', KEYS[1], text(lease + 10000)) end
return { granted, held }
`);

/** Parameters: the time, then tickets that are given back. Answers: how many are held in all. */
export const releaseScript = defineScript(`${luaStart}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', until_now())
for index = 2, #ARGV do redis.call('ZREM', KEYS[1], ARGV[index]) end
return redis.call('ZCARD', KEYS[1])
`);

/**
 * Prolongs leases, also of those that were lost meanwhile: their holders are at work all the same. Parameters: the time,
 * milliseconds of the lease, then for each key the number of tickets and the tickets.
 */
export const renewScript = defineScript(`${luaStart}
local lease = tonumber(ARGV[2])
local at = 3
for _, key in ipairs(KEYS) do
  local count = tonumber(ARGV[at])
  for index = at + 1, at + count do redis.call('ZADD', key, lease_end(lease), ARGV[index]) end
  at = at + count + 1
  redis.call('PEXPIRE', key, text(lease + 10000))
end
return 1
`);
