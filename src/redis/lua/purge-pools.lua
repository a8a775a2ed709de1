-- Removes expired codes or consents from several pools, as far as the pools are plain entries in the order of their expiry;
-- other entries are returned to be read, and to be changed by change-users.lua. Order and all other bytes are preserved.
--
-- KEYS  the pools
-- ARGV  1 "1": count only, change nothing  2 budget: number of short plain entries to process in this call
--       3 list index from which to continue in the first pool; the other pools are started
--       4 "1" if something was removed from that pool before  5 "1" if an entry that stays was found in it
--       6 maximum age of a consent in ms; "0": the pools hold codes
-- Returns how many of KEYS are finished or returned, from the first on, and how many of these are not lists; pools changed,
--       pools removed; expired items removed; commands executed, as Redis counts them; for the pool to continue with: its ARGV
--       3 to 5; Redis' clock in ms; then a text with a line for each pool that is returned (its number in KEYS, from 1; list
--       index from which to read it; its ARGV 4 and 5; what read-piece.lua returns for it), and the bytes whose lengths the
--       lines give

local dry = ARGV[1] == "1"
local now = now_ms()
-- The remaining budget of the call, and its reply. The script itself and TIME are the first commands.
local sum = { left = tonumber(ARGV[2]), commands = 2, others = 0, changed = 0, gone = 0, expired = 0 }
local lines = {}

-- The cost of a pool besides its entries, in units of a plain entry (half a microsecond), and of an entry that is returned.
local POOL_COST, PIECE_COST = 8, 4
local FIRST_CHUNK, CHUNK_SIZE, PIECE_ENTRIES = 8, 64, 256
-- Numbers as text: Redis converts a number into text with printf's %.17g, which takes as long as finding the list.
local FIRST_TO, TEXTS = "7", { "1", "2", "3", "4", "5", "6", "7" }
-- Strings of equally many digits compare like numbers, without conversion: the latest expiry that is past.
local max_age = tonumber(ARGV[6])
local NEWEST = { [13] = string.format("%013.0f", math.max(0, now - max_age)),
  [10] = string.format("%.0f", math.floor(now / 1000)) }

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

-- Whether a plain entry is expired; nil for any other entry, and for one whose digits can't be a current epoch ms or s.
local function is_past(raw)
  local digits, _
  if max_age > 0 then
    _, digits = read_plain_consent(raw)
  else
    digits = read_plain(raw)
  end
  local newest = digits and NEWEST[#digits]
  if newest then return digits <= newest end
end

-- The same for what nearly every pool is: a few plain entries, the expired ones first. It creates no tables, and no strings
-- beyond those of Redis. Returns how many to drop and whether an entry stays; nil for any other pool.
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

-- Processes plain entries from an index on; chunk holds the entries from there. Returns the index of the first entry that
-- this script can't handle or has not reached; how many to drop from the head on; whether an entry stays; and how it ended:
-- "end" of the pool, "more" when the budget is spent, or "other" at an entry that has to be read.
local function look(pool, from, stays, chunk, size)
  local i, drop = from, 0
  while true do
    for _, raw in ipairs(chunk) do
      if sum.left <= 0 then return i, drop, stays, "more" end
      local past = is_past(raw)
      if past == nil or (past and i ~= drop and not dry) then return i, drop, stays, "other" end
      if past then
        sum.expired = sum.expired + 1
        drop = drop + 1
      else
        stays = true
      end
      sum.left = sum.left - 1
      i = i + 1
    end
    if #chunk < size then return i, drop, stays, "end" end
    size = CHUNK_SIZE
    chunk = read_chunk(pool, i, i + size - 1)
  end
end

-- Purges any pool from a list index on; chunk holds the entries from there. Returns what the next call needs to know: list
-- index, whether something was removed, whether an entry stays; nil when the pool is finished, or returned to be read.
local function purge_from(n, from, was_changed, stayed, chunk, size)
  local pool = KEYS[n]
  local index, drop, stays, how = look(pool, from, stayed, chunk, size)
  -- A few expired codes at the head are left to be removed together with the others.
  if how == "other" and drop > 0 and drop <= CHUNK_SIZE and not dry then
    sum.expired = sum.expired - drop
    index, drop, stays = 0, 0, stayed
  end
  if drop > 0 and not was_changed then sum.changed = sum.changed + 1 end
  local is_changed = was_changed or drop > 0
  if drop > 0 and not dry then
    sum.commands = sum.commands + 1
    redis.call("LTRIM", pool, drop, "-1")
    index = index - drop
  end
  local state = { index, is_changed and 1 or 0, stays and 1 or 0 }
  if how == "more" or (how == "other" and room <= 0) then return state end
  if how == "other" then
    local count = math.min(PIECE_ENTRIES, sum.left)
    sum.commands = sum.commands + 1
    sum.left = sum.left - PIECE_COST * count
    lines[#lines + 1] = n .. " " .. table.concat(state, " ") .. " " .. read_piece(pool, index, count)
  elseif is_changed and not stays then
    sum.gone = sum.gone + 1
  end
end

-- Purges a pool from its head on. Returns what the next call needs to know, as purge_from does; nil when it is finished.
local function purge(n)
  local pool = KEYS[n]
  local chunk = read_chunk(pool, "0", FIRST_TO)
  local drop, stays = look_at_head(chunk)
  if not drop then return purge_from(n, 0, false, false, chunk, FIRST_CHUNK) end
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
  -- Long entries are read one by one: fetching many only to return each of them takes time as well.
  rest = purge_from(1, from, ARGV[4] == "1", ARGV[5] == "1", read_chunk(KEYS[done + 1], from, from), 1)
  done = rest and 0 or 1
end
while done < #KEYS and sum.left > 0 and not rest do
  rest = purge(done + 1)
  if not rest then done = done + 1 end
  -- Subtracted afterwards, so that even the smallest budget processes one entry.
  sum.left = sum.left - POOL_COST
end
rest = rest or { 0, 0, 0 }
return { done, sum.others, sum.changed, sum.gone, sum.expired, sum.commands, rest[1], rest[2], rest[3], now,
  table.concat(lines, "\n"), table.concat(blob) }
