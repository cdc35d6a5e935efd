import { defineTimedScript } from './redis-script.ts';

/**
 * A sliding window: `log` is a sorted set of moments, `units` a hash of the units counted at each, with their sum under
 * `n`. Times are whole milliseconds, units rounded up and questions rounded down; past some thousand moments the log
 * becomes coarser, in the direction that lets nothing more pass. Of what is read, `count` is that sum, `last` the last
 * moment (false where there is none, nil before anybody asked), and `units_at` has the units of some moments.
 */
const luaWindow = `
local slack = 10000
local function prune(w)
  w.count = tonumber(redis.call('HGET', w.units, 'n') or 0)
  local before = w.count
  while true do
    local old = redis.call('ZRANGEBYSCORE', w.log, '-inf', text(floor_now - w.window), 'LIMIT', 0, 500)
    if #old == 0 then break end
    for _, units in ipairs(redis.call('HMGET', w.units, unpack(old))) do w.count = w.count - tonumber(units or 0) end
    redis.call('ZREM', w.log, unpack(old))
    redis.call('HDEL', w.units, unpack(old))
  end
  if w.count ~= before then redis.call('HSET', w.units, 'n', text(w.count)) end
end
local function last_time(w)
  if w.last == nil then
    local last = redis.call('ZRANGE', w.log, -1, -1)
    w.last = last[1] and tonumber(last[1])
  end
  return w.last
end
local function units_at(w, at)
  local units = w.units_at[at] or tonumber(redis.call('HGET', w.units, at) or 0)
  w.units_at[at] = units
  return units
end
local function count(w, at, units)
  w.units_at[at] = units_at(w, at) + units
  w.count = w.count + units
  redis.call('HSET', w.units, at, text(w.units_at[at]), 'n', text(w.count))
end
-- Much is counted at one moment, and much within a second: of what is there already, less is to be written.
local function add(w, units, ahead)
  local time = math.ceil(now + (ahead or 0))
  local last = last_time(w)
  if last ~= time then
    -- There are no more moments than units.
    if last and w.count >= 4096 and redis.call('ZCARD', w.log) >= 4096 then
      local grain = math.ceil(w.window / 1024)
      time = math.ceil(time / grain) * grain
    end
    local is_new = redis.call('ZADD', w.log, text(time), text(time)) == 1
    if is_new then w.units_at[text(time)] = 0 end
    w.last = math.max(last or time, time)
  end
  count(w, text(time), units)
  if last and last >= time - time % 1000 then return time end
  local life = text(time + w.window - floor_now + slack)
  redis.call('PEXPIRE', w.log, life)
  redis.call('PEXPIRE', w.units, life)
  return time
end
local function time_of(w, units)
  local from, size = 0, 8
  while true do
    local moments = redis.call('ZRANGE', w.log, from, from + size - 1)
    if #moments == 0 then return floor_now end
    local counted = redis.call('HMGET', w.units, unpack(moments))
    for index, moment in ipairs(moments) do
      units = units - tonumber(counted[index] or 0)
      if units <= 0 then return tonumber(moment) end
    end
    from = from + size
    size = math.min(512, size * 4)
  end
end
local window = {}
function window.load(w, limit, length)
  w.limit, w.window, w.units_at = limit, length, {}
  prune(w)
end
function window.offer(w, cost)
  local units = math.max(0, math.ceil(cost))
  w.pending = w.pending + units
  local excess = w.count + w.pending - w.limit
  if excess <= 0 or units == 0 then return 0 end
  if excess > w.count then return w.window end
  return time_of(w, excess) + w.window - floor_now
end
function window.commit(w)
  local units = w.pending
  w.pending = 0
  if units == 0 then return last_time(w) or math.ceil(now) end
  return add(w, units)
end
function window.remaining(w) return math.max(0, w.limit - w.count) end
function window.reset(w)
  if w.count == 0 then return 0 end
  return math.max(0, last_time(w) + w.window - floor_now)
end
function window.settle(w, at, claimed, actual)
  local difference = math.max(0, math.ceil(actual)) - math.max(0, math.ceil(claimed))
  if difference > 0 then return add(w, difference) end
  local counted = units_at(w, at)
  local given = math.min(counted, -difference)
  if given <= 0 then return end
  if given < counted then return count(w, at, -given) end
  redis.call('HDEL', w.units, at)
  redis.call('ZREM', w.log, at)
  w.units_at[at] = nil
  if tonumber(at) == w.last then w.last = nil end
  w.count = w.count - given
  redis.call('HSET', w.units, 'n', text(w.count))
end
`;

/** A token bucket: a hash of what was in it when, and of the rule that filled it. */
const luaBucket = `
local day, month = 86400000, 2592000000
local bucket = {}
local function tokens_at(b, time) return math.min(b.limit, b.tokens + math.max(0, time - b.at) * b.rate) end
local function wait_for(b, wanted)
  local missing = wanted - b.tolerance - tokens_at(b, floor_now)
  local wait = math.max(1, math.ceil(missing / b.rate))
  if wait > 1e12 then return wait end
  while tokens_at(b, floor_now + wait) + b.tolerance < wanted do wait = wait + 1 end
  while wait > 1 and tokens_at(b, floor_now + wait - 1) + b.tolerance >= wanted do wait = wait - 1 end
  return wait
end
local function save_bucket(b)
  redis.call('HSET', b.log, 'tokens', text(b.tokens), 'at', text(b.at), 'capacity', text(b.limit), 'rate', text(b.rate), 'tolerance', text(b.tolerance))
  local full = b.rate > 0 and (b.limit - b.tokens) / b.rate or month
  redis.call('PEXPIRE', b.log, text(math.ceil(math.min(month, full)) + slack))
end
function bucket.load(b, limit, rate)
  local own = math.max(1e-9, limit * 2 ^ -46)
  local kept = redis.call('HMGET', b.log, 'tokens', 'at', 'capacity', 'rate', 'tolerance')
  if not kept[1] then
    b.tokens, b.at, b.limit, b.rate, b.tolerance = limit, floor_now, limit, rate, own
    return
  end
  b.tokens, b.at, b.limit, b.rate = tonumber(kept[1]), tonumber(kept[2]), tonumber(kept[3]), tonumber(kept[4])
  b.tolerance = tonumber(kept[5])
  if b.limit ~= limit or b.rate ~= rate then
    local held = tokens_at(b, floor_now)
    if b.limit ~= limit then held = math.max(0, math.min(limit, held + limit - b.limit)) end
    b.tokens, b.at, b.limit, b.rate = held, math.max(b.at, floor_now), limit, rate
    b.tolerance = math.max(b.tolerance, own)
  end
end
function bucket.offer(b, cost)
  b.pending = b.pending + math.max(0, cost)
  if cost <= 0 or tokens_at(b, floor_now) + b.tolerance >= b.pending then return 0 end
  if b.rate <= 0 then return day end
  if b.pending > b.limit + b.tolerance then return math.min(day, math.ceil(b.limit / b.rate)) end
  return wait_for(b, b.pending)
end
function bucket.commit(b)
  local held = tokens_at(b, floor_now)
  local pending = b.pending
  b.pending = 0
  b.tokens = math.max(math.min(0, held), held - pending)
  b.at = math.max(b.at, floor_now)
  if pending > 0 then save_bucket(b) end
  return floor_now
end
function bucket.remaining(b) return math.max(0, math.floor(tokens_at(b, floor_now) + b.tolerance)) end
function bucket.reset(b)
  if b.limit - tokens_at(b, floor_now) <= b.tolerance then return 0 end
  if b.rate <= 0 then return day end
  return math.min(day, wait_for(b, b.limit))
end
function bucket.settle(b, at, claimed, actual)
  b.tokens = math.min(b.limit, tokens_at(b, floor_now) - (math.max(0, actual) - math.max(0, claimed)))
  b.at = math.max(b.at, floor_now)
  save_bucket(b)
end
`;

/**
 * A counter as it stands: the first script of a call that asks for it has read it, and all that count have changed it since.
 * Under other numbers of its rule it is read anew. The second key is used by windows only.
 */
const luaCounters = `
local kinds = { w = window, b = bucket }
local function counter_of(kind, log, units, limit, pace)
  local counter = shared[log]
  if counter == nil or counter.told_limit ~= limit or counter.told_pace ~= pace then
    counter = { kind = kinds[kind], log = log, units = units, told_limit = limit, told_pace = pace }
    counter.kind.load(counter, tonumber(limit), tonumber(pace))
    shared[log] = counter
  end
  counter.pending = 0
  return counter
end
`;

const define = (body: string) => defineTimedScript(body, [luaWindow, luaBucket, luaCounters]);

/**
 * Checks all claims of a call, then counts all or none. Two keys for each claim; the same counter is one. Parameters: the
 * time, then for each claim `w` or `b`, limit or capacity, window in ms or refill per ms, cost. Answers: whether it passed,
 * the index of the claim that is told of, what remains, milliseconds to full and to wait, then the moment at which each claim
 * was counted.
 */
export const takeScript = define(`
local claims = #KEYS / 2
local named, wait = 1, 0
local taken, seen = {}, {}
for index = 1, claims do
  local first, log = index * 4 - 2, KEYS[index * 2 - 1]
  local counter = seen[log] or counter_of(ARGV[first], log, KEYS[index * 2], ARGV[first + 1], ARGV[first + 2])
  taken[index], seen[log] = counter, counter
  local own = counter.kind.offer(counter, tonumber(ARGV[first + 3]))
  if own > wait then named, wait = index, own end
end
local answer = {}
if wait == 0 then
  local least = math.huge
  for index = 1, claims do
    local counter = taken[index]
    answer[5 + index] = text(counter.kind.commit(counter))
    local left = counter.kind.remaining(counter)
    if left < least then named, least = index, left end
  end
end
local counter = taken[named]
answer[1] = wait == 0 and 1 or 0
answer[2] = named - 1
answer[3] = text(counter.kind.remaining(counter))
answer[4] = text(counter.kind.reset(counter))
answer[5] = text(wait)
return answer
`);

/**
 * Puts actual costs in the place of claimed ones. Parameters: the time, then as above, and after the cost moment and actual
 * cost.
 */
export const settleScript = define(`
local function counter_at(index, first)
  return counter_of(ARGV[first], KEYS[index * 2 - 1], KEYS[index * 2], ARGV[first + 1], ARGV[first + 2])
end
-- What cannot be read is found before anything is changed.
for index = 1, #KEYS / 2 do counter_at(index, index * 6 - 4) end
for index = 1, #KEYS / 2 do
  local first = index * 6 - 4
  local counter = counter_at(index, first)
  counter.kind.settle(counter, ARGV[first + 4], tonumber(ARGV[first + 3]), tonumber(ARGV[first + 5]))
end
return 1
`);

/**
 * Counts units of a window that a process may use until some milliseconds from now, as if all were used at their end, so
 * that none is in a window uncounted. Only while less than half is counted. Parameters: the time, limit, window in ms,
 * units, milliseconds. Answers: whether it passed, the moment at which they were counted, what remains, milliseconds to full.
 */
export const leaseScript = define(`
local w = counter_of('w', KEYS[1], KEYS[2], ARGV[2], ARGV[3])
local units = tonumber(ARGV[4])
if w.count + units > w.limit / 2 then return { 0 } end
local moment = add(w, units, tonumber(ARGV[5]))
return { 1, text(moment), text(window.remaining(w)), text(window.reset(w)) }
`);
