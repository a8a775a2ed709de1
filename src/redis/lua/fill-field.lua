-- Sets a field of a broadcast's record that has no value yet: of several runs, the first decides for all.
--
-- KEYS  1 the record
-- ARGV  1 the field  2 its value
-- Returns 1 set, 0 there was one, or there is no record: one that was deleted meanwhile must not come back in part

local record = KEYS[1]
if redis.call("EXISTS", record) == 0 or redis.call("HGET", record, ARGV[1]) then return 0 end
redis.call("HSET", record, ARGV[1], ARGV[2])
return 1
