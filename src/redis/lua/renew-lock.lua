-- Extends a lock if its owner still holds it; takes it again if it has expired and nobody else holds it.
--
-- KEYS  1 the lock
-- ARGV  1 the owner's token  2 lifetime in ms
-- Returns 1 held, 0 held by another owner

local owner = redis.call("GET", KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1
