-- Tests commands without running them: Redis checks the user's rights first, and then refuses every write, because the
-- script is marked as one that does not write (`#!lua flags=no-writes`, since Redis 7.0). Reads are harmless.
--
-- KEYS  none: a key that the user may not access would have the whole call refused
-- ARGV  each command as the number of its words, then the words
-- Returns for each command the error in its reply, or an empty text

local answers = {}
local at = 1
while at <= #ARGV do
  local count = tonumber(ARGV[at])
  local reply = redis.pcall(unpack(ARGV, at + 1, at + count))
  answers[#answers + 1] = type(reply) == "table" and reply.err or ""
  at = at + 1 + count
end
return answers
