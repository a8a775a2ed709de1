-- Removes fields of a hash that still have the value they were read with: what has been written anew meanwhile stays.
--
-- KEYS  1 the hash
-- ARGV  field, value, field, value ...
-- Returns how many were removed

local dropped = 0
for i = 1, #ARGV, 2 do
  if redis.call("HGET", KEYS[1], ARGV[i]) == ARGV[i + 1] then
    dropped = dropped + redis.call("HDEL", KEYS[1], ARGV[i])
  end
end
return dropped
