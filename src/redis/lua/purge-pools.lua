-- Removes expired codes wherever they stand in several pools. Order and every other byte stay.
--
-- KEYS  the pools
-- ARGV  1 "1": count only, change nothing  2 budget: how many short plain entries to look at in this call
--       3 list index to go on from in the first pool; the others are begun
--       4 "1" if earlier calls took something out of that pool  5 "1" if they met an entry in it that stays
-- Returns how many of KEYS are done with, from the first on; pools changed, pools gone; expired codes removed, unreadable
--       entries met; commands it took, as Redis counts them; then of the pool to go on with: ARGV 3 to 5 for it

local dry = ARGV[1] == "1"
local left = tonumber(ARGV[2])
local now = now_ms()
-- The script itself and TIME.
local commands = 2
local changed, gone, expired, unreadable = 0, 0, 0, 0

-- What is looked at costs, in units of a plain entry (half a microsecond): a pool besides its entries; another entry,
-- and so many of its bytes.
local POOL_COST, OTHER_COST, OTHER_BYTES = 8, 8, 8
local FIRST_CHUNK, CHUNK_SIZE, LONG_BYTES = 8, 64, 512
-- Numbers as text: Redis turns a number into text by way of printf's %.17g, which takes as long as to find the list.
local FIRST_TO, TEXTS = "7", { "1", "2", "3", "4", "5", "6", "7" }
-- Digits compare as numbers of as many digits do, without being turned into one: the newest expiry that is past.
local NEWEST = { [13] = string.format("%.0f", now), [10] = string.format("%.0f", math.floor(now / 1000)) }

local function read_chunk(pool, from, to)
  commands = commands + 1
  local chunk = try_read("LRANGE", pool, from, to)
  -- A key that is not a list has no entries.
  if chunk.err then return {} end
  return chunk
end

local function purge_codes(entry, raw)
  local keep = {}
  for k, code in ipairs(entry.codes) do
    if code.e > now then keep[#keep + 1] = k end
  end
  if #keep == #entry.codes then return raw end
  expired = expired + #entry.codes - #keep
  return #keep > 0 and keep_codes(entry, keep)
end

-- Whether a plain entry is expired; nil for any other, and for one that has other digits than epoch ms or s have now.
local function is_past(raw)
  local digits = read_plain(raw)
  local newest = digits and NEWEST[#digits]
  if newest then return digits <= newest end
end

-- An entry without its expired codes: the same text, a shorter one, or false for nothing left.
local function purge_entry(raw)
  left = left - OTHER_COST - math.floor(#raw / OTHER_BYTES)
  local entry = read_entry(raw)
  if entry then return purge_codes(entry, raw) end
  unreadable = unreadable + 1
  return raw
end

-- Looks at a pool from an index on; chunk is what stands there. Returns the edits (index -> new text or false; nil for
-- none), whether an entry stays, and the index to go on from (nil: none).
local function look(pool, from, chunk, size)
  local i, edits, stays = from, nil, false
  while true do
    local bytes = 0
    for _, raw in ipairs(chunk) do
      if left <= 0 then return edits, stays, i end
      local past = is_past(raw)
      local text = not past and raw
      left = left - 1
      if past then
        expired = expired + 1
      elseif past == nil then
        text = purge_entry(raw)
      end
      if text then stays = true end
      if text ~= raw then
        edits = edits or {}
        edits[i] = text
      end
      bytes = bytes + #raw
      i = i + 1
    end
    if #chunk < size then return edits, stays end
    -- Long entries come one by one: to fetch many only to find the budget spent by the first takes time as well.
    size = bytes < size * LONG_BYTES and CHUNK_SIZE or 1
    chunk = read_chunk(pool, i, i + size - 1)
  end
end

-- The same for what nearly every pool is: a few plain entries, the expired ones in front. It makes no tables and no other
-- strings than Redis does. Returns how many to drop and whether an entry stays; nil for any other pool.
local function look_at_head(chunk)
  local size, drop = #chunk, 0
  if size == FIRST_CHUNK or size > left then return nil end
  for n = 1, size do
    local past = is_past(chunk[n])
    if past == nil then return nil end
    if past then
      if drop < n - 1 then return nil end
      drop = n
    end
  end
  left, expired = left - size, expired + drop
  return drop, drop < size
end

-- Purges a pool from an index on; chunk is what stands there. Returns what the next call has to know of it: list index,
-- whether something was taken out, whether an entry stays; nil when it is done.
local function purge_long(pool, from, was_changed, stayed, chunk)
  local edits, stays, more = look(pool, from, chunk, FIRST_CHUNK)
  stays = stays or stayed
  if edits and not was_changed then changed = changed + 1 end
  was_changed = was_changed or edits ~= nil
  if edits and not dry then
    local removed, took = apply_edits(pool, edits)
    commands = commands + took
    if more then more = more - removed end
  end
  if more then return { more, was_changed and 1 or 0, stays and 1 or 0 } end
  if was_changed and not stays then gone = gone + 1 end
end

-- Purges a pool from its head on. Returns as purge_long does.
local function purge(pool)
  local chunk = read_chunk(pool, "0", FIRST_TO)
  local drop, stays = look_at_head(chunk)
  if not drop then return purge_long(pool, 0, false, false, chunk) end
  if drop == 0 then return nil end
  changed = changed + 1
  if not stays then gone = gone + 1 end
  if not dry then
    commands = commands + 1
    redis.call("LTRIM", pool, TEXTS[drop], "-1")
  end
end

local done, rest = 0, nil
local from = tonumber(ARGV[3])
if from > 0 or ARGV[4] == "1" then
  local chunk = read_chunk(KEYS[done + 1], from, from + FIRST_CHUNK - 1)
  rest = purge_long(KEYS[done + 1], from, ARGV[4] == "1", ARGV[5] == "1", chunk)
  done = rest and 0 or 1
end
while done < #KEYS and left > 0 and not rest do
  rest = purge(KEYS[done + 1])
  if not rest then done = done + 1 end
  -- Afterwards, so that the smallest budget gets one entry further.
  left = left - POOL_COST
end
rest = rest or { 0, 0, 0 }
return { done, changed, gone, expired, unreadable, commands, rest[1], rest[2], rest[3] }
