-- fragment: the purge of one pool in general, for purge-pools.lua: long ones, entries of every form, codes that expire out of
-- turn. The body of a function of that script's counts and ways, so that a call with nothing but usual pools makes none of its
-- functions.

-- What is looked at costs, in units of a plain entry (half a microsecond): another entry, and so many of its bytes.
local OTHER_COST, OTHER_BYTES = 8, 8
local CHUNK_SIZE, LONG_BYTES = 64, 512

local function purge_codes(entry, raw)
  local keep = {}
  for k, code in ipairs(entry.codes) do
    if code.e > with.now then keep[#keep + 1] = k end
  end
  if #keep == #entry.codes then return raw end
  sum.expired = sum.expired + #entry.codes - #keep
  return #keep > 0 and keep_codes(entry, keep)
end

-- An entry without its expired codes: the same text, a shorter one, or false for nothing left.
local function purge_entry(raw)
  sum.left = sum.left - OTHER_COST - math.floor(#raw / OTHER_BYTES)
  local entry = read_entry(raw)
  if entry then return purge_codes(entry, raw) end
  sum.unreadable = sum.unreadable + 1
  return raw
end

-- Looks at a pool from an index on; chunk is what stands there. Returns the edits (index -> new text or false; nil for
-- none), whether an entry stays, and the index to go on from (nil: none).
local function look(pool, from, chunk, size)
  local i, edits, stays = from, nil, false
  while true do
    local bytes = 0
    for _, raw in ipairs(chunk) do
      if sum.left <= 0 then return edits, stays, i end
      local past = with.is_past(raw)
      local text = not past and raw
      sum.left = sum.left - 1
      if past then
        sum.expired = sum.expired + 1
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
    chunk = with.read_chunk(pool, i, i + size - 1)
  end
end

-- Purges a pool from an index on; chunk is what stands there, of so many entries at most. Returns what the next call has to
-- know of it: list index, whether something was taken out, whether an entry stays; nil when it is done.
local function purge_long(pool, from, was_changed, stayed, chunk, size)
  local edits, stays, more = look(pool, from, chunk, size)
  stays = stays or stayed
  if edits and not was_changed then sum.changed = sum.changed + 1 end
  was_changed = was_changed or edits ~= nil
  if edits and not with.dry then
    local removed, took = apply_edits(pool, edits)
    sum.commands = sum.commands + took
    if more then more = more - removed end
  end
  if more then return { more, was_changed and 1 or 0, stays and 1 or 0 } end
  if was_changed and not stays then sum.gone = sum.gone + 1 end
end

return purge_long
