-- fragment: finding the first valid code of a pool, and rewriting pools without touching what is not meant.
-- Prepended, after read-entry.lua, to the scripts that work on pools.

local CHUNK = 16
-- Stands for a removed element between LSET and LREM of one script; no writer's entry starts with these bytes.
local TOMBSTONE = "\0push-cli:removed"

local function dress(entry, base)
  if entry.double then return quote_text(base) end
  return base
end

-- The entry with only the codes numbered in keep (ascending, not empty), every kept byte as it was.
local function keep_codes(entry, keep)
  local codes, base = entry.codes, entry.base
  local parts = { sub(base, 1, codes[1].s - 1) }
  for i, k in ipairs(keep) do
    local stop = codes[k].t
    -- A kept code takes the separator behind it along; where the list ends after it, there is none to take.
    if i < #keep then stop = codes[k + 1].s - 1 end
    parts[#parts + 1] = sub(base, codes[k].s, stop)
  end
  parts[#parts + 1] = sub(base, codes[#codes].t + 1)
  return dress(entry, table.concat(parts))
end

-- Takes one use of code k: what stays in the entry's place (nil: nothing), and an entry of the writer's own form
-- that holds just what was taken.
local function take_use(entry, k)
  local code, base, shift = entry.codes[k], entry.base, 0
  -- Taken whole, it needs no dressing: the writer's escapes may be others than ours.
  if #entry.codes == 1 and (code.u or 1) == 1 then return nil, entry.raw end
  local own = base
  if entry.list then
    own = keep_codes({ base = base, codes = entry.codes }, { k })
    shift = entry.codes[1].s - code.s
  end
  if (code.u or 1) > 1 then
    own = sub(own, 1, code.us - 1 + shift) .. "1" .. sub(own, code.ue + 1 + shift)
    local rest = sub(base, 1, code.us - 1) .. (code.u - 1) .. sub(base, code.ue + 1)
    return dress(entry, rest), dress(entry, own)
  end
  local keep = {}
  for i = 1, #entry.codes do
    if i ~= k then keep[#keep + 1] = i end
  end
  return keep_codes(entry, keep), dress(entry, own)
end

-- What an entry costs to look at, in units of a short plain one. Java's bytes (AC ED ..) are read one by one.
local function cost_of(raw)
  return 1 + math.floor(#raw / (string.byte(raw) == 172 and 32 or 64))
end

-- Calls visit(raw, index) for the entries of a pool from index `from` on, until it returns true, the list ends or
-- the budget is spent: then it returns the index to go on from.
local function walk(pool, from, budget, visit)
  -- The first chunks are short because most visits end at once, and because a long entry alone may spend the budget.
  local i, size = from, 1
  while true do
    -- What is not a list has no entries: the error that comes then is a table without any.
    local chunk = try_read("LRANGE", pool, i, i + size - 1)
    for _, raw in ipairs(chunk) do
      if budget.left <= 0 then return i end
      budget.left = budget.left - cost_of(raw)
      if visit(raw, i) then return nil end
      i = i + 1
    end
    if #chunk < size then return nil end
    size = math.min(2 * size, CHUNK)
  end
end

-- Sorts an entry's codes into live and droppable (expired, or the refused one). Returns the entry as it should
-- stand (false: nothing left of it), and which code of it to take, if any.
local function sift(entry, raw, now, refused, found)
  local keep, pick = {}, nil
  for k, code in ipairs(entry.codes) do
    if code.e <= now then
      found.expired = found.expired + 1
    elseif code.f == refused then
      found.refused = found.refused + 1
    else
      keep[#keep + 1] = k
      if code.ok and not pick then pick = #keep end
    end
  end
  if #keep == 0 then return false end
  if #keep < #entry.codes then raw = keep_codes(entry, keep) end
  return raw, pick
end

-- Walks the pool from index `from` to the first valid code that is not `refused`. Nothing is written.
-- Returns { expired =, refused = counts of droppable codes met, unreadable = entries met that are not understood, edits = index -> new text or false,
--   pick = { index, entry, k, raw } or nil, more = index to go on from when the budget ran out }.
local function find_code(pool, from, now, refused, budget)
  local found = { expired = 0, refused = 0, unreadable = 0, edits = {} }
  found.more = walk(pool, from, budget, function(raw, i)
    local entry = read_entry(raw)
    if not entry then
      found.unreadable = found.unreadable + 1
      return false
    end
    local text, k = sift(entry, raw, now, refused, found)
    if text ~= raw then found.edits[i] = text end
    if not k then return false end
    if text ~= raw then entry = read_entry(text) end
    found.pick = { index = i, entry = entry, k = k, raw = text }
    return true
  end)
  return found
end

-- Raises the error that a write would meet, a missing right above all, before anything is written: Redis looks for those
-- before it finds fault with the numbers.
local function check_write(command, pool)
  local err = redis.pcall(command, pool, "-", "-").err
  if not find(err, "not an integer", 1, true) then redis.call(command, pool, "-", "-") end
end

-- Applies edits (index -> new text, or false to remove) to a list; indices are those before the call. Returns how many
-- entries went, and how many commands it took. `careful`: without a right that it needs it leaves the list as it is.
local function apply_edits(pool, edits, careful)
  local head, sets, tombs = 0, 0, 0
  while edits[head] == false do
    edits[head] = nil
    head = head + 1
  end
  for _, text in pairs(edits) do
    sets = sets + 1
    if text == false then tombs = tombs + 1 end
  end
  if careful and sets > 0 then
    if tombs > 0 then check_write("LREM", pool) end
    if head > 0 then check_write("LTRIM", pool) end
  end
  for index, text in pairs(edits) do redis.call("LSET", pool, index, text or TOMBSTONE) end
  if tombs > 0 then redis.call("LREM", pool, tombs, TOMBSTONE) end
  if head > 0 then redis.call("LTRIM", pool, head, -1) end
  return head + tombs, sets + (tombs > 0 and 1 or 0) + (head > 0 and 1 or 0)
end

-- After entries were dropped and the budget ran out: where the next call has to go on.
local function resume_index(found, removed)
  return found.more - removed
end
