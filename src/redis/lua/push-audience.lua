-- Appends to a list that is stored for a broadcast, once: if it is sent again after a lost reply, the call changes nothing.
--
-- KEYS  1 the list
-- ARGV  1 length of the list before the call  2 its lifetime in s  3... entries
-- Returns the length of the list

local audience = KEYS[1]
if redis.call("LLEN", audience) == tonumber(ARGV[1]) then
  redis.call("RPUSH", audience, unpack(ARGV, 3))
  redis.call("EXPIRE", audience, ARGV[2])
end
return redis.call("LLEN", audience)
