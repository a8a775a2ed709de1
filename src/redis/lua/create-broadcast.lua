-- Creates the record of a broadcast, completely or not at all: a process killed halfway must not leave an id that is taken
-- and can't be resumed.
--
-- KEYS  1 the record
-- ARGV  1 its lifetime in s  2 id of the first run, which is the record's field firstRunId
--       3... field, value, field, value ...
-- Returns 1 created, by this call or by the same one sent before; 0 the id is taken

local record, first_run = KEYS[1], ARGV[2]
if redis.call("EXISTS", record) == 1 then
  return redis.call("HGET", record, "firstRunId") == first_run and 1 or 0
end
redis.call("HSET", record, "firstRunId", first_run, unpack(ARGV, 3))
redis.call("EXPIRE", record, ARGV[1])
return 1
