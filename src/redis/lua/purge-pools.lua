-- Removes expired codes wherever they stand in several pools. Order and every other byte stay.
--
-- KEYS  the pools
-- ARGV  1 "1": count only, change nothing  2 budget: how many short plain entries to look at in this call
--       3 list index to go on from in the first pool; the others are begun
--       4 "1" if earlier calls took something out of that pool  5 "1" if they met an entry in it that stays
-- Returns how many of KEYS are done with, from the first on, and how many of these are no lists; pools changed, pools gone;
--       expired codes removed, unreadable entries met; commands it took, as Redis counts them; then of the pool to go on
--       with: ARGV 3 to 5 for it

local dry = ARGV[1] == "1"
local now = now_ms()
-- What the call has left of its budget, and what it replies. The script itself and TIME are the first commands.
local sum = { left = tonumber(ARGV[2]), commands = 2, others = 0, changed = 0, gone = 0, expired = 0, unreadable = 0 }

-- What a pool costs besides its entries, in units of a plain entry (half a microsecond).
local POOL_COST = 8
local FIRST_CHUNK = 8
-- Numbers as text: Redis turns a number into text by way of printf's %.17g, which takes as long as to find the list.
local FIRST_TO, TEXTS = "7", { "1", "2", "3", "4", "5", "6", "7" }
-- Digits compare as numbers of as many digits do, without being turned into one: the newest expiry that is past.
local NEWEST = { [13] = string.format("%.0f", now), [10] = string.format("%.0f", math.floor(now / 1000)) }

local function read_chunk(pool, from, to)
  sum.commands = sum.commands + 1
  local chunk = try_read("LRANGE", pool, from, to)
  -- A key that is not a list has no entries.
  if chunk.err then
    sum.others = sum.others + 1
    return {}
  end
  return chunk
end

-- Whether a plain entry is expired; nil for any other, and for one that has other digits than epoch ms or s have now.
local function is_past(raw)
  local digits = read_plain(raw)
  local newest = digits and NEWEST[#digits]
  if newest then return digits <= newest end
end

local purge_long

-- The purge of any pool, from a list index on; chunk is what stands there.
local function purge_from(pool, index, was_changed, stayed, chunk)
  purge_long = purge_long or purge_any(sum, { dry = dry, now = now, read_chunk = read_chunk, is_past = is_past })
  return purge_long(pool, index, was_changed, stayed, chunk, FIRST_CHUNK)
end

-- The same for what nearly every pool is: a few plain entries, the expired ones in front. It makes no tables and no other
-- strings than Redis does. Returns how many to drop and whether an entry stays; nil for any other pool.
local function look_at_head(chunk)
  local size, drop = #chunk, 0
  if size == FIRST_CHUNK or size > sum.left then return nil end
  for n = 1, size do
    local past = is_past(chunk[n])
    if past == nil then return nil end
    if past then
      if drop < n - 1 then return nil end
      drop = n
    end
  end
  sum.left, sum.expired = sum.left - size, sum.expired + drop
  return drop, drop < size
end

-- Purges a pool from its head on. Returns what the next call has to know of it, as purge_from does; nil when it is done.
local function purge(pool)
  local chunk = read_chunk(pool, "0", FIRST_TO)
  local drop, stays = look_at_head(chunk)
  if not drop then return purge_from(pool, 0, false, false, chunk) end
  if drop == 0 then return nil end
  sum.changed = sum.changed + 1
  if not stays then sum.gone = sum.gone + 1 end
  if not dry then
    sum.commands = sum.commands + 1
    redis.call("LTRIM", pool, TEXTS[drop], "-1")
  end
end

local done, rest = 0, nil
local from = tonumber(ARGV[3])
if from > 0 or ARGV[4] == "1" then
  local chunk = read_chunk(KEYS[done + 1], from, from + FIRST_CHUNK - 1)
  rest = purge_from(KEYS[done + 1], from, ARGV[4] == "1", ARGV[5] == "1", chunk)
  done = rest and 0 or 1
end
while done < #KEYS and sum.left > 0 and not rest do
  rest = purge(KEYS[done + 1])
  if not rest then done = done + 1 end
  -- Afterwards, so that the smallest budget gets one entry further.
  sum.left = sum.left - POOL_COST
end
rest = rest or { 0, 0, 0 }
return { done, sum.others, sum.changed, sum.gone, sum.expired, sum.unreadable, sum.commands, rest[1], rest[2], rest[3] }
