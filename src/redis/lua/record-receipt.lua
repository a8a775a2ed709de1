-- Records what the platform reported about a message, once: an event that is delivered again changes nothing.
--
-- KEYS  1 the user's receipts
-- ARGV  1 template id and msgid  2 status, errcode or "-", epoch ms  3 lifetime of the receipts in ms
-- Returns 1 recorded, 0 known before

if redis.call("HSETNX", KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call("PEXPIRE", KEYS[1], ARGV[3])
return 1
