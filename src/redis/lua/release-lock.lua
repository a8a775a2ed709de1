-- Gives a lock back, if it is still its owner's.
--
-- KEYS  1 the lock
-- ARGV  1 the owner's token
-- Returns 1 released, 0 not the owner's (lapsed, or taken by another since)

if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("DEL", KEYS[1])
