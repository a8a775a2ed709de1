-- Releases a lock if its owner still holds it.
--
-- KEYS  1 the lock
-- ARGV  1 the owner's token
-- Returns 1 released, 0 not held by this owner (expired, or taken by another since)

if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("DEL", KEYS[1])
