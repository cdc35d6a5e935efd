import { defineScript, defineTimedScript } from './redis-script.ts';

/** The image's own fields begin so, and no field of the record does. */
const own = { version: '#version', revision: '#revision', writtenAt: '#writtenAt' };

/** Keys: image, drops. Answers the time, the number of drops, and the revision of the image. */
export const beginScript = defineTimedScript(`
return {text(now), redis.call('GET', KEYS[2]) or '0', redis.call('HGET', KEYS[1], '${own.revision}')}
`);

/** Keys: part. Parameters: milliseconds that it is kept, then names and values. */
export const appendScript = defineScript(`
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
`);

/** Keys: part, image, drops. Parameters: time and drops at the beginning, version, revision, count, milliseconds it is good. */
export const publishScript = defineScript(`
local at, drops, version, revision, count, good = unpack(ARGV)
local function refuse(why)
  redis.call('UNLINK', KEYS[1])
  return why
end
if (redis.call('GET', KEYS[3]) or '0') ~= drops then return refuse('dropped') end
local there = redis.call('HGET', KEYS[2], '${own.revision}')
if there and tonumber(there) > tonumber(revision) then return refuse('older') end
if redis.call('HLEN', KEYS[1]) ~= tonumber(count) then return refuse('incomplete') end
redis.call('HSET', KEYS[1], '${own.version}', version, '${own.revision}', revision, '${own.writtenAt}', at)
redis.call('UNLINK', KEYS[2])
redis.call('RENAME', KEYS[1], KEYS[2])
redis.call('PEXPIRE', KEYS[2], good)
return 'kept'
`);

/** Keys: image. Parameters: time at the beginning, revision, milliseconds it is good. */
export const renewScript = defineScript(`
local at, revision, good = unpack(ARGV)
if redis.call('HGET', KEYS[1], '${own.revision}') ~= revision then return 0 end
if tonumber(redis.call('HGET', KEYS[1], '${own.writtenAt}')) < tonumber(at) then
  redis.call('HSET', KEYS[1], '${own.writtenAt}', at)
  redis.call('PEXPIRE', KEYS[1], good)
end
return 1
`);

/** Keys: image, drops. Parameters: milliseconds for which drops are counted on. */
export const dropScript = defineScript(`
redis.call('UNLINK', KEYS[1])
redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
`);

/** Keys: image. Parameters: the time, then names. Answers version, milliseconds since it was written, and values. */
export const readScript = defineTimedScript(`
local version = redis.call('HGET', KEYS[1], '${own.version}')
if not version then return false end
local age = now - tonumber(redis.call('HGET', KEYS[1], '${own.writtenAt}'))
if #ARGV == 1 then return {version, text(age), {}} end
return {version, text(age), redis.call('HMGET', KEYS[1], unpack(ARGV, 2))}
`);
