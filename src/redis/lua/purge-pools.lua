-- Removes expired codes wherever they stand in several pools. Order and every other byte stay.
--
-- KEYS  the pools
-- ARGV  1 "1": count only, change nothing  2 budget: how many short entries to look at in this call
--       3... list index to start from, one a pool (0 when absent)
-- Returns one array a pool: index to go on from (-1: done), expired codes removed, unreadable entries met,
--       1 if something was removed, entries met that stay, 1 if the list is there after the call

local dry = ARGV[1] == "1"
local budget = { left = tonumber(ARGV[2]) }
local now = now_ms()

-- The entry without its expired codes: the same text, a shorter one, or false for nothing left.
local function purge_entry(entry, raw)
  local keep = {}
  for k, code in ipairs(entry.codes) do
    if code.e > now then keep[#keep + 1] = k end
  end
  local expired = #entry.codes - #keep
  if expired == 0 then return raw, 0 end
  if #keep == 0 then return false, expired end
  return keep_codes(entry, keep), expired
end

local function purge(pool, from)
  if redis.call("TYPE", pool).ok ~= "list" then return { -1, 0, 0, 0, 0, 0 } end
  local expired, unreadable, kept, edits = 0, 0, 0, {}
  local more = walk(pool, from, budget, function(raw, i)
    local entry, text, count = read_entry(raw), raw, 0
    if entry then
      text, count = purge_entry(entry, raw)
    else
      unreadable = unreadable + 1
    end
    if text ~= raw then edits[i] = text end
    if text then kept = kept + 1 end
    expired = expired + count
  end)
  local removed = 0
  if expired > 0 and not dry then removed = apply_edits(pool, edits) end
  local there = (dry or expired == 0) and 1 or redis.call("EXISTS", pool)
  return { more and more - removed or -1, expired, unreadable, expired > 0 and 1 or 0, kept, there }
end

local replies = {}
for i, pool in ipairs(KEYS) do
  local from = tonumber(ARGV[2 + i] or 0)
  if budget.left > 0 then
    replies[i] = purge(pool, from)
  else
    replies[i] = { from, 0, 0, 0, 0, 1 } -- left for the next call
  end
end
return replies
