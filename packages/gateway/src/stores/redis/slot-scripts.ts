import { defineTimedScript, luaLeases } from './redis-script.ts';

/** A pool is a sorted set of tickets by the end of their leases; `life` is how long this call has said that it lives. */
const luaPool = `
local function pool_of(key)
  local pool = shared[key]
  if pool == nil then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', until_now())
    pool = { held = redis.call('ZCARD', key) }
    shared[key] = pool
  end
  return pool
end
`;

const define = (body: string) => defineTimedScript(body, [luaLeases, luaPool]);

/**
 * Parameters: the time, how many may hold, milliseconds of the lease, then tickets in the order of their turn. Answers: how
 * many of them got a slot, and how many are held in all.
 */
export const acquireScript = define(`
local pool = pool_of(KEYS[1])
local held, granted = pool.held, 0
local most, lease = tonumber(ARGV[2]), tonumber(ARGV[3])
local members = {}
for index = 4, #ARGV do
  if held >= most then break end
  members[#members + 1] = lease_end(lease)
  members[#members + 1] = ARGV[index]
  held, granted = held + 1, granted + 1
end
if granted > 0 then
  pool.held = pool.held + redis.call('ZADD', KEYS[1], unpack(members))
  local life = text(lease + 10000)
  if pool.life ~= life then redis.call('PEXPIRE', KEYS[1], life) end
  pool.life = life
end
return { granted, held }
`);

/** Parameters: the time, then tickets that are given back. Answers: how many are held in all. */
export const releaseScript = define(`
local pool = pool_of(KEYS[1])
if #ARGV > 1 then pool.held = pool.held - redis.call('ZREM', KEYS[1], unpack(ARGV, 2)) end
-- An empty set is gone, and how long it was to live with it.
if pool.held == 0 then pool.life = nil end
return pool.held
`);

/**
 * Prolongs leases, also of those that were lost meanwhile: their holders are at work all the same. Parameters: the time,
 * milliseconds of the lease, then for each key the number of tickets and the tickets.
 */
export const renewScript = define(`
local lease = tonumber(ARGV[2])
local at = 3
for _, key in ipairs(KEYS) do
  local count = tonumber(ARGV[at])
  for index = at + 1, at + count do redis.call('ZADD', key, lease_end(lease), ARGV[index]) end
  at = at + count + 1
  redis.call('PEXPIRE', key, text(lease + 10000))
  shared[key] = nil
end
return 1
`);
