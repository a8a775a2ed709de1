-- Removes entries from a pool that were read before, as far as they are still there; what came meanwhile stays, and so
-- does the order of the rest.
--
-- KEYS  1 pool
-- ARGV  1 list index from which the entries were read  2... the entries, a bounded number of them
-- Returns one number an entry: 1 removed, 0 no longer there

-- A claim takes entries away on the left, a release puts them back there: what was read may have moved by a few.
local SLACK = 16

local pool, from, count = KEYS[1], tonumber(ARGV[1]), #ARGV - 1
-- Bytes -> numbers of the entries that look like that.
local wanted, replies = {}, {}
for n = count, 1, -1 do
  local raw = ARGV[n + 1]
  wanted[raw] = wanted[raw] or {}
  table.insert(wanted[raw], n)
  replies[n] = 0
end

local first, edits = math.max(0, from - SLACK), {}
-- What is not a list has no entries: the error that comes then is a table without any.
for i, raw in ipairs(redis.pcall("LRANGE", pool, first, from + count + SLACK - 1)) do
  local n = wanted[raw] and table.remove(wanted[raw])
  if n then
    edits[first + i - 1] = false
    replies[n] = 1
  end
end
apply_edits(pool, edits)
return replies
