-- Removes expired codes wherever they stand in several pools. Order and every other byte stay.
--
-- KEYS  the pools
-- ARGV  1 "1": count only, change nothing  2 budget: how many short entries to look at in this call
--       3... list index to start from, one a pool (0 when absent)
-- Returns one array a pool: index to go on from (-1: done), expired codes removed, unreadable entries met,
--       1 if something was removed, 1 if the pool is gone because nothing was left, 1 if it was a list at all

local dry = ARGV[1] == "1"
local budget = tonumber(ARGV[2])
local now = now_ms()

local function is_expired(code)
  return code.e <= now
end

-- The entry without its expired codes: the same text, a shorter one, or false for nothing left.
local function purge_entry(entry, raw)
  local keep = {}
  for k, code in ipairs(entry.codes) do
    if not is_expired(code) then keep[#keep + 1] = k end
  end
  local expired = #entry.codes - #keep
  if expired == 0 then return raw, 0 end
  if #keep == 0 then return false, expired end
  return keep_codes(entry, keep), expired
end

local function purge(pool, from)
  local kind = redis.call("TYPE", pool).ok
  if kind ~= "list" then return { -1, 0, 0, 0, 0, 0 } end
  local i, expired, unreadable, removed, edits, changed = from, 0, 0, 0, {}, false
  local done = false
  while budget > 0 and not done do
    local chunk = redis.call("LRANGE", pool, i, i + CHUNK - 1)
    for _, raw in ipairs(chunk) do
      budget = budget - cost_of(raw)
      local entry = read_entry(raw)
      if entry then
        local text, count = purge_entry(entry, raw)
        expired = expired + count
        if text ~= raw then
          edits[i] = text
          changed = true
        end
      else
        unreadable = unreadable + 1
      end
      i = i + 1
    end
    done = #chunk < CHUNK
  end
  local gone = 0
  if dry then
    -- The pool would be gone if every entry of it was removed; only a walk in one go can tell.
    local kept = 0
    for index = 0, i - 1 do
      if edits[index] ~= false then kept = kept + 1 end
    end
    gone = (done and kept == 0 and i > 0) and 1 or 0
  elseif changed then
    removed = apply_edits(pool, edits)
    gone = 1 - redis.call("EXISTS", pool)
  end
  return { done and -1 or i - removed, expired, unreadable, changed and 1 or 0, gone, 1 }
end

local replies = {}
for i, pool in ipairs(KEYS) do
  local from = tonumber(ARGV[2 + i] or 0)
  if budget > 0 then
    replies[i] = purge(pool, from)
  else
    replies[i] = { from, 0, 0, 0, 0, 1 }
  end
end
return replies
