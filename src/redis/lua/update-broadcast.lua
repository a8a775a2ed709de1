-- Changes fields of a broadcast's record atomically: readers never see a partial change, and a kill never leaves one.
--
-- KEYS  1 the record
-- ARGV  1 how many fields to remove  2... their names, then field, value, field, value ...
-- Returns 1; 0 when there is no record: one that was deleted meanwhile must not be partly recreated

local record, gone = KEYS[1], tonumber(ARGV[1])
if redis.call("EXISTS", record) == 0 then return 0 end
if gone > 0 then redis.call("HDEL", record, unpack(ARGV, 2, gone + 1)) end
if #ARGV > gone + 1 then redis.call("HSET", record, unpack(ARGV, gone + 2)) end
return 1
