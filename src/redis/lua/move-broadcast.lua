-- Changes fields of a broadcast's record, all at once, if nobody has changed where it stands meanwhile: of several
-- processes that want to begin it, one does, and none after somebody paused or cancelled it.
--
-- KEYS  1 the record
-- ARGV  1 status that it must have  2 what its field `wanted` must hold, "" for no such field  3 how many fields are to go
--       4... their names, then field, value, field, value ...
-- Returns 1; 0 when the record is gone, or is not as it must be

local record, gone = KEYS[1], tonumber(ARGV[3])
if redis.call("HGET", record, "status") ~= ARGV[1] then return 0 end
if (redis.call("HGET", record, "wanted") or "") ~= ARGV[2] then return 0 end
if gone > 0 then redis.call("HDEL", record, unpack(ARGV, 4, gone + 3)) end
redis.call("HSET", record, unpack(ARGV, gone + 4))
return 1
