import { defaultLeaseMs } from '../spend-store.ts';
import { defineTimedScript, luaLeases } from './redis-script.ts';

/**
 * A counter of spending: `sums` is a hash with what is spent (`s`, or `i` and a number for each slice of a window that
 * rolls), how much of it only the record told of (`k`), what is set aside (`r`), and the threshold that was told of (`a`)
 * and when (`t`); `leases` is a sorted set of reservations by the end of their lease, each named by its id and its amount.
 * One whose lease ended is kept with a mark before its name for as long as its cost may be told, so that it is told from
 * one whose cost was counted before.
 * Every claim begins with the three of its counter: the length of a window that rolls, else 0; how long its keys live in
 * milliseconds, 0 for ever; and what this server has said before to be spent, which it may have forgotten.
 * A script changes what it has read, and ends with `save` for each counter: what is to be written of a hash is one command.
 */
const luaSpend = `
local largest = 9007199254740991
local function amount_of(member) return tonumber(string.match(member, ':(%d+)$')) end
local function live(c)
  if c.life == '0' then return end
  redis.call('PEXPIRE', c.sums, c.life)
  redis.call('PEXPIRE', c.leases, c.life)
end
local function put(c, field, number)
  c.changes[#c.changes + 1] = field
  c.changes[#c.changes + 1] = text(number)
end
local function save(c)
  if #c.changes > 0 then redis.call('HSET', c.sums, unpack(c.changes)) end
  if c.must_live then live(c) end
  c.changes, c.must_live = {}, false
end
local function set_reserved(c, nanos)
  c.reserved = nanos
  put(c, 'r', nanos)
end
local function spend(c, at, nanos)
  if nanos <= 0 then return end
  nanos = math.min(nanos, largest - c.spent)
  if c.rolling > 0 then
    local slice = math.min(c.slice, math.floor(at / c.slice_ms))
    if slice <= c.slice - 61 then return end
    c.slices[slice] = (c.slices[slice] or 0) + nanos
    if nanos > 0 then c.oldest = math.min(c.oldest, slice) end
    put(c, 'i' .. text(slice), c.slices[slice])
  else
    put(c, 's', c.spent + nanos)
  end
  c.spent = c.spent + nanos
  if not c.is_kept then c.must_live = true end
end
-- What is told late may be among what the record told of, and is not counted again then.
local function spend_late(c, at, nanos)
  local known = math.min(c.known, nanos)
  if known > 0 then
    c.known = c.known - known
    put(c, 'k', c.known)
  end
  spend(c, at, nanos - known)
end
-- Milliseconds until a window that rolls has more, 0 where nothing is spent in it; -1 for others.
local function reset_of(c)
  if c.rolling == 0 then return -1 end
  return c.oldest == math.huge and 0 or math.max(1, math.ceil((c.oldest + 61) * c.slice_ms - now))
end
-- Marks reservations whose lease has ended; answers how much that was set aside for them.
local function end_leases(leases)
  local ended = 0
  while true do
    local over = redis.call('ZRANGEBYSCORE', leases, '-inf', until_now(), 'LIMIT', 0, 500)
    if #over == 0 then return ended end
    for _, member in ipairs(over) do
      if string.sub(member, 1, 1) ~= '!' then
        ended = ended + amount_of(member)
        redis.call('ZADD', leases, lease_end(${defaultLeaseMs}), '!' .. member)
      end
    end
    redis.call('ZREM', leases, unpack(over))
  end
end
local function load_slices(c)
  c.slice_ms = c.rolling / 60
  c.slice = math.floor(now / c.slice_ms)
  c.spent, c.slices, c.oldest = 0, {}, math.huge
  local fields = redis.call('HGETALL', c.sums)
  for at = 1, #fields, 2 do
    local slice = tonumber(string.match(fields[at], '^i(%d+)$'))
    if slice ~= nil and slice <= c.slice - 61 then redis.call('HDEL', c.sums, fields[at])
    elseif slice ~= nil then
      local amount = tonumber(fields[at + 1])
      c.spent, c.slices[slice] = c.spent + amount, amount
      if amount > 0 then c.oldest = math.min(c.oldest, slice) end
    end
  end
end
-- While something is set aside, both keys are there, and end when their window does: that was said with the first of it.
local function is_kept(c) return c.rolling == 0 and c.reserved > 0 end
local function load(sums, leases, rolling)
  local c = { sums = sums, leases = leases, rolling = rolling, changes = {}, must_live = false }
  local ended = end_leases(leases)
  local kept = redis.call('HMGET', sums, 's', 'r', 'a', 't', 'k')
  c.spent, c.reserved, c.alerted = tonumber(kept[1] or 0), tonumber(kept[2] or 0), tonumber(kept[3] or 0)
  c.alerted_at, c.known = tonumber(kept[4] or 0), tonumber(kept[5] or 0)
  c.is_kept = is_kept(c)
  if rolling > 0 then load_slices(c) end
  if ended > 0 then set_reserved(c, math.max(0, c.reserved - ended)) end
  return c
end
-- The first script of a call that asks for a counter has read it, and all that count have changed it since.
local function budget_of(KEYS, ARGV, index, first)
  local sums = KEYS[index * 2 - 1]
  local c = shared[sums]
  if c ~= nil then
    c.is_kept = is_kept(c)
  else
    c = load(sums, KEYS[index * 2], tonumber(ARGV[first]))
    shared[sums] = c
  end
  c.life = ARGV[first + 1]
  spend(c, now, tonumber(ARGV[first + 2]) - c.spent)
  return c
end
-- All of a question, before any is changed: one that cannot be read leaves the others as they are.
local function budgets_of(KEYS, ARGV, count, first, step)
  local counters = {}
  for index = 1, count do counters[index] = budget_of(KEYS, ARGV, index, first + index * step) end
  return counters
end
-- What is spent of each claim, and index, threshold and spending of thresholds that are to be told of.
local function nothing_told() return { {}, {} } end
local function tell(told, c, index, cap, thresholds)
  local sums, crossings = told[1], told[2]
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
  if reached > c.alerted then
    c.alerted, c.alerted_at = reached, now
    put(c, 'a', reached)
    put(c, 't', now)
  end
end
`;

const define = (body: string) => defineTimedScript(body, [luaLeases, luaSpend]);

/**
 * Sets an estimate aside under every claim or none. Parameters: the time, id, estimate, milliseconds of the lease, then for
 * each claim the three of its counter, cap, and 1 where it is hard. Answers: whether it passed, the time, then for each
 * claim what was spent and set aside before, and milliseconds to reset of a window that rolls.
 */
export const reserveScript = define(`
local estimate = tonumber(ARGV[3])
local counters, reserved = {}, {}
local allowed = 1
local answer = { 1, text(now) }
for index = 1, #KEYS / 2 do
  local first = index * 5
  local c = budget_of(KEYS, ARGV, index, first)
  counters[index], reserved[index] = c, c.reserved
  local cap, taken = tonumber(ARGV[first + 3]), c.spent + c.reserved
  if ARGV[first + 4] == '1' and (taken >= cap or taken + estimate > cap) then allowed = 0 end
  for _, number in ipairs({ c.spent, c.reserved, reset_of(c) }) do answer[#answer + 1] = text(number) end
end
answer[1] = allowed
for index, c in ipairs(counters) do
  if allowed == 1 then
    set_reserved(c, math.min(largest, reserved[index] + estimate))
    redis.call('ZADD', c.leases, lease_end(tonumber(ARGV[4])), ARGV[2] .. ':' .. ARGV[3])
    if not c.is_kept then c.must_live = true end
  end
  save(c)
end
return answer
`);

/**
 * Puts a cost in the place of an estimate, once: told again, it changes nothing where it was heard before. Parameters: the
 * time, id, estimate, cost, when it was set aside, 1 where it is told again, then for each claim the three of its counter,
 * cap, and thresholds. Answers two lists: what is spent now of each claim, or nothing, and index of the claim, threshold
 * and spending of every threshold that is to be told of.
 */
export const settleScript = define(`
local estimate, nanos, at = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local member = ARGV[2] .. ':' .. ARGV[3]
local is_late = ARGV[6] == '1'
local counters, is_known = {}, {}
for index = 1, #KEYS / 2 do
  is_known[index] = is_late and redis.call('EXISTS', KEYS[index * 2 - 1]) == 1
  counters[index] = budget_of(KEYS, ARGV, index, 2 + index * 5)
end
local told = nothing_told()
for index, c in ipairs(counters) do
  local first = 2 + index * 5
  local was_held = redis.call('ZREM', c.leases, member) == 1
  local has_lapsed = not was_held and redis.call('ZREM', c.leases, '!' .. member) == 1
  if was_held then set_reserved(c, math.max(0, c.reserved - estimate)) end
  if not is_late then spend(c, at, nanos)
  elseif was_held or has_lapsed or not is_known[index] then spend_late(c, at, nanos) end
  tell(told, c, index, tonumber(ARGV[first + 3]), ARGV[first + 4])
  save(c)
end
return told
`);

/**
 * Prolongs reservations, also those whose leases ended meanwhile: their holder is at work all the same. Parameters: the
 * time, then for each counter how long its keys live, the number of reservations, and of each its name and the
 * milliseconds of its lease.
 */
export const renewScript = define(`
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
  shared[c.sums] = nil
end
return 1
`);

/**
 * Adds what was spent elsewhere; a repetition under the same name changes nothing. Keys: those of the counters, then the
 * name. Parameters: the time, then for each claim the three of its counter, cap, thresholds, and the amount. Answers as
 * above.
 */
export const addScript = define(`
local told = nothing_told()
if redis.call('EXISTS', KEYS[#KEYS]) == 1 then return told end
local counters = budgets_of(KEYS, ARGV, (#KEYS - 1) / 2, -4, 6)
redis.call('SET', KEYS[#KEYS], '1', 'PX', 86400000)
for index, c in ipairs(counters) do
  local first = index * 6 - 4
  spend_late(c, now, tonumber(ARGV[first + 5]))
  tell(told, c, index, tonumber(ARGV[first + 3]), ARGV[first + 4])
  save(c)
end
return told
`);

/** Tells of what is reached without anything being spent. Parameters: the time, then for each claim the three of its counter, cap, and thresholds. Answers as above. */
export const tellScript = define(`
local told = nothing_told()
for index, c in ipairs(budgets_of(KEYS, ARGV, #KEYS / 2, -3, 5)) do
  local first = index * 5 - 3
  tell(told, c, index, tonumber(ARGV[first + 3]), ARGV[first + 4])
  save(c)
end
return told
`);

/** Raises what is spent to what a record knows of. Parameters: the time, then for each claim the three of its counter and the amount. */
export const adoptScript = define(`
for index, c in ipairs(budgets_of(KEYS, ARGV, #KEYS / 2, -2, 4)) do
  local more = tonumber(ARGV[index * 4 + 1]) - c.spent
  if more > 0 then
    spend(c, now, more)
    c.known = c.known + more
    put(c, 'k', c.known)
  end
  save(c)
end
return 1
`);

/** Parameters: the time, then for each claim the three of its counter. Answers: spent, set aside and milliseconds to reset of each. */
export const readScript = define(`
local answer = {}
for _, c in ipairs(budgets_of(KEYS, ARGV, #KEYS / 2, -1, 3)) do
  for _, number in ipairs({ c.spent, c.reserved, reset_of(c) }) do answer[#answer + 1] = text(number) end
  save(c)
end
return answer
`);
