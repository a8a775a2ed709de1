-- Writes how a broadcast ended into its record, all at once, unless a run has entered it that its last one does not know of: that
-- run goes on with it, and its end is the one that counts.
--
-- KEYS  1 the record
-- ARGV  1 what the names of fields with runs begin with  2 how many runs are known  3... their ids
--       then how many fields are to go, their names, then field, value, field, value ...
-- Returns 1; 0 when the record is gone, or holds another run

local record, prefix, count = KEYS[1], ARGV[1], tonumber(ARGV[2])
local known = {}
for i = 3, count + 2 do known[ARGV[i]] = true end
local fields = redis.call("HGETALL", record)
if #fields == 0 then return 0 end
for i = 1, #fields, 2 do
  local name = fields[i]
  if string.sub(name, 1, #prefix) == prefix and not known[string.sub(name, #prefix + 1)] then return 0 end
end
local at = count + 3
local gone = tonumber(ARGV[at])
if gone > 0 then redis.call("HDEL", record, unpack(ARGV, at + 1, at + gone)) end
redis.call("HSET", record, unpack(ARGV, at + gone + 1))
return 1
