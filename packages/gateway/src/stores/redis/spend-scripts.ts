import { defaultLeaseMs } from '../spend-store.ts';
import { defineScript, luaLeases, luaTime } from './redis-script.ts';

/**
 * A counter of spending: `sums` is a hash with what is spent (`s`, or `i` and a number for each slice of a window that
 * rolls), how much of it only the record told of (`k`), what is set aside (`r`), and the threshold that was told of (`a`)
 * and when (`t`); `leases` is a sorted set of reservations by the end of their lease, each named by its id and its amount.
 * One whose lease ended is kept with a mark before its name for as long as its cost may be told, so that it is told from
 * one whose cost was counted before.
 * Every claim begins with the three of its counter: the length of a window that rolls, else 0; how long its keys live in
 * milliseconds, 0 for ever; and what this server has said before to be spent, which it may have forgotten.
 */
const luaCounter = `
local largest = 9007199254740991
local function amount_of(member) return tonumber(string.match(member, ':(%d+)$')) end
local function live(c)
  if c.life == '0' then return end
  redis.call('PEXPIRE', c.sums, c.life)
  redis.call('PEXPIRE', c.leases, c.life)
end
local function spend(c, at, nanos)
  if nanos <= 0 then return end
  nanos = math.min(nanos, largest - c.spent)
  local field = 's'
  if c.rolling > 0 then
    local slice = math.min(c.slice, math.floor(at / c.slice_ms))
    if slice <= c.slice - 61 then return end
    field = 'i' .. text(slice)
  end
  redis.call('HINCRBY', c.sums, field, text(nanos))
  c.spent = c.spent + nanos
  if not c.is_kept then live(c) end
end
-- What is told late may be among what the record told of, and is not counted again then.
local function spend_late(c, at, nanos)
  local known = math.min(c.known, nanos)
  if known > 0 then redis.call('HINCRBY', c.sums, 'k', text(-known)) end
  c.known = c.known - known
  spend(c, at, nanos - known)
end
local function load(index, first)
  local c = { sums = KEYS[index * 2 - 1], leases = KEYS[index * 2], rolling = tonumber(ARGV[first]), life = ARGV[first + 1] }
  local ended = 0
  while true do
    local over = redis.call('ZRANGEBYSCORE', c.leases, '-inf', until_now(), 'LIMIT', 0, 500)
    if #over == 0 then break end
    for _, member in ipairs(over) do
      if string.sub(member, 1, 1) ~= '!' then
        ended = ended + amount_of(member)
        redis.call('ZADD', c.leases, lease_end(${defaultLeaseMs}), '!' .. member)
      end
    end
    redis.call('ZREM', c.leases, unpack(over))
  end
  local kept = redis.call('HMGET', c.sums, 's', 'r', 'a', 't', 'k')
  c.spent, c.reserved, c.alerted = tonumber(kept[1] or 0), tonumber(kept[2] or 0), tonumber(kept[3] or 0)
  -- While something is set aside, both keys are there, and end when their window does: that was said with the first of it.
  c.is_kept = c.rolling == 0 and c.reserved > 0
  c.alerted_at, c.known = tonumber(kept[4] or 0), tonumber(kept[5] or 0)
  c.reset = -1
  if c.rolling > 0 then
    c.slice_ms = c.rolling / 60
    c.slice = math.floor(now / c.slice_ms)
    c.spent, c.reset = 0, 0
    local fields = redis.call('HGETALL', c.sums)
    local oldest = math.huge
    for at = 1, #fields, 2 do
      local slice = tonumber(string.match(fields[at], '^i(%d+)$'))
      if slice ~= nil and slice <= c.slice - 61 then redis.call('HDEL', c.sums, fields[at])
      elseif slice ~= nil then
        local amount = tonumber(fields[at + 1])
        c.spent = c.spent + amount
        if amount > 0 then oldest = math.min(oldest, slice) end
      end
    end
    if oldest < math.huge then c.reset = math.max(1, math.ceil((oldest + 61) * c.slice_ms - now)) end
  end
  if ended > 0 then
    c.reserved = math.max(0, c.reserved - ended)
    redis.call('HSET', c.sums, 'r', text(c.reserved))
  end
  spend(c, now, tonumber(ARGV[first + 2]) - c.spent)
  return c
end
local sums, crossings = {}, {}
local function tell(c, index, cap, thresholds)
  sums[#sums + 1] = text(c.spent)
  if c.spent == 0 then return end
  if c.rolling > 0 and now - c.alerted_at >= c.rolling then c.alerted = 0 end
  local reached = c.alerted
  for threshold in string.gmatch(thresholds, '[^,]+') do
    local percent = tonumber(threshold)
    if percent > c.alerted and c.spent * 100 >= percent * cap then
      reached = percent
      crossings[#crossings + 1] = index - 1
      crossings[#crossings + 1] = threshold
      crossings[#crossings + 1] = text(c.spent)
    end
  end
  if reached > c.alerted then redis.call('HSET', c.sums, 'a', text(reached), 't', text(now)) end
end
`;

const luaStart = luaTime + luaLeases + luaCounter;

/**
 * Sets an estimate aside under every claim or none. Parameters: the time, id, estimate, milliseconds of the lease, then for
 * each claim the three of its counter, cap, and 1 where it is hard. Answers: whether it passed, the time, then for each
 * claim what was spent and set aside before, and milliseconds to reset of a window that rolls.
 */
export const reserveScript = defineScript(`${luaStart}
local estimate = tonumber(ARGV[3])
local counters = {}
local allowed = 1
local answer = { 1, text(now) }
for index = 1, #KEYS / 2 do
  local first = index * 5
  local c = load(index, first)
  counters[index] = c
  local cap, taken = tonumber(ARGV[first + 3]), c.spent + c.reserved
  if ARGV[first + 4] == '1' and (taken >= cap or taken + estimate > cap) then allowed = 0 end
  for _, number in ipairs({ c.spent, c.reserved, c.reset }) do answer[#answer + 1] = text(number) end
end
answer[1] = allowed
if allowed == 1 then
  for _, c in ipairs(counters) do
    redis.call('HSET', c.sums, 'r', text(math.min(largest, c.reserved + estimate)))
    redis.call('ZADD', c.leases, lease_end(tonumber(ARGV[4])), ARGV[2] .. ':' .. ARGV[3])
    if not c.is_kept then live(c) end
  end
end
return answer
`);

/**
 * Puts a cost in the place of an estimate, once: told again, it changes nothing where it was heard before. Parameters: the
 * time, id, estimate, cost, when it was set aside, 1 where it is told again, then for each claim the three of its counter,
 * cap, and thresholds. Answers two lists: what is spent now of each claim, or nothing, and index of the claim, threshold
 * and spending of every threshold that is to be told of.
 */
export const settleScript = defineScript(`${luaStart}
local estimate, nanos, at = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local member = ARGV[2] .. ':' .. ARGV[3]
for index = 1, #KEYS / 2 do
  local first = 2 + index * 5
  local is_late = ARGV[6] == '1'
  local is_known = is_late and redis.call('EXISTS', KEYS[index * 2 - 1]) == 1
  local c = load(index, first)
  local was_held = redis.call('ZREM', c.leases, member) == 1
  local has_lapsed = not was_held and redis.call('ZREM', c.leases, '!' .. member) == 1
  if was_held then redis.call('HSET', c.sums, 'r', text(math.max(0, c.reserved - estimate))) end
  if not is_late then spend(c, at, nanos)
  elseif was_held or has_lapsed or not is_known then spend_late(c, at, nanos) end
  tell(c, index, tonumber(ARGV[first + 3]), ARGV[first + 4])
end
return { sums, crossings }
`);

/**
 * Prolongs reservations, also those whose leases ended meanwhile: their holder is at work all the same. Parameters: the
 * time, then for each counter how long its keys live, the number of reservations, and of each its name and the
 * milliseconds of its lease.
 */
export const renewScript = defineScript(`${luaStart}
local at = 2
for index = 1, #KEYS / 2 do
  local c = { sums = KEYS[index * 2 - 1], leases = KEYS[index * 2], life = ARGV[at] }
  local last, ended = at + tonumber(ARGV[at + 1]) * 2, 0
  for place = at + 2, last, 2 do
    local member = ARGV[place]
    redis.call('ZREM', c.leases, '!' .. member)
    local is_new = redis.call('ZADD', c.leases, lease_end(tonumber(ARGV[place + 1])), member) == 1
    if is_new then ended = ended + amount_of(member) end
  end
  at = last + 2
  if ended > 0 then
    local reserved = tonumber(redis.call('HGET', c.sums, 'r') or 0)
    redis.call('HSET', c.sums, 'r', text(math.min(largest, reserved + ended)))
  end
  live(c)
end
return 1
`);

/**
 * Adds what was spent elsewhere; a repetition under the same name changes nothing. Keys: those of the counters, then the
 * name. Parameters: the time, then for each claim the three of its counter, cap, thresholds, and the amount. Answers as
 * above.
 */
export const addScript = defineScript(`${luaStart}
if not redis.call('SET', KEYS[#KEYS], '1', 'NX', 'PX', 86400000) then return { sums, crossings } end
for index = 1, (#KEYS - 1) / 2 do
  local first = index * 6 - 4
  local c = load(index, first)
  spend_late(c, now, tonumber(ARGV[first + 5]))
  tell(c, index, tonumber(ARGV[first + 3]), ARGV[first + 4])
end
return { sums, crossings }
`);

/** Tells of what is reached without anything being spent. Parameters: the time, then for each claim the three of its counter, cap, and thresholds. Answers as above. */
export const tellScript = defineScript(`${luaStart}
for index = 1, #KEYS / 2 do
  local first = index * 5 - 3
  tell(load(index, first), index, tonumber(ARGV[first + 3]), ARGV[first + 4])
end
return { sums, crossings }
`);

/** Raises what is spent to what a record knows of. Parameters: the time, then for each claim the three of its counter and the amount. */
export const adoptScript = defineScript(`${luaStart}
for index = 1, #KEYS / 2 do
  local first = index * 4 - 2
  local c = load(index, first)
  local more = tonumber(ARGV[first + 3]) - c.spent
  if more > 0 then
    spend(c, now, more)
    redis.call('HINCRBY', c.sums, 'k', text(more))
  end
end
return 1
`);

/** Parameters: the time, then for each claim the three of its counter. Answers: spent, set aside and milliseconds to reset of each. */
export const readScript = defineScript(`${luaStart}
local answer = {}
for index = 1, #KEYS / 2 do
  local c = load(index, index * 3 - 1)
  for _, number in ipairs({ c.spent, c.reserved, c.reset }) do answer[#answer + 1] = text(number) end
end
return answer
`);
