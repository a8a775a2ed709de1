-- Appends codes at the right of several pools, as the backend does, leaving out those whose formId the pool holds, those
-- whose bytes it holds, and those that were used up: the user's ledger tells.
--
-- KEYS  pool, ledger of the first user, pool, ledger of the second, ...
-- ARGV  1 budget: how many short entries to look at in this call  then for each pool: list index to start from,
--       number of codes, and two for each code: formId ("" for an entry that is known by its bytes alone), entry to push
-- Returns one array a pool: index to go on from (-1: done and pushed; nothing is pushed before), then the
--       numbers (from 1) of the codes found in the pool already, and those of the used ones with a minus; -2 when the
--       key holds something else than a list

-- A platform takes no code for more messages than this, which is what a payment is good for.
local MOST_USES = 3

local budget = { left = tonumber(ARGV[1]) }

-- The codes to push that begin at ARGV[at]: their numbers by formId and by bytes, and which of them are still to be
-- pushed. A code that comes twice is known the second time.
local function read_wanted(at, count, known)
  local wanted = { by_id = {}, by_bytes = {}, left = {} }
  for n = 1, count do
    local form_id, entry = ARGV[at + 2 * n - 2], ARGV[at + 2 * n - 1]
    if wanted.by_id[form_id] or wanted.by_bytes[entry] then
      known[#known + 1] = n
    else
      if form_id ~= "" then wanted.by_id[form_id] = n end
      wanted.by_bytes[entry] = n
      wanted.left[n] = entry
    end
  end
  return wanted
end

-- Enters the codes met in the pool into `known`; returns the index to go on from, or nil.
local function drop_known(pool, from, wanted, known)
  local function drop(n)
    if n and wanted.left[n] then
      known[#known + 1] = n
      wanted.left[n] = nil
    end
  end
  return walk(pool, from, budget, function(raw)
    local entry = read_entry(raw)
    for _, code in ipairs(entry and entry.codes or {}) do
      drop(wanted.by_id[code.f])
    end
    drop(wanted.by_bytes[raw])
  end)
end

-- How many records of a ledger name a formId, and whether as a code that may bring several messages. A ledger holds one
-- short record a broadcast of the last days, so it comes in one piece.
local function count_records(ledger)
  local uses, any = {}, false
  -- What is not a hash has no records: the error that comes then is a table without any.
  for _, record in ipairs(try_read("HVALS", ledger)) do
    budget.left = budget.left - cost_of(record)
    local r = read_claimed(record) or read_final(record)
    if r and r.f ~= "-" then
      local use = uses[r.f] or { count = 0, multi = 0 }
      uses[r.f] = { count = use.count + 1, multi = math.max(use.multi, r.multi) }
      any = true
    end
  end
  return any and uses
end

-- Whether a code is surely used up. `uses` is what was left of it when it was written down, and the ledger may know of
-- messages before that: a code with several uses is used up when the records name as many as it can have had.
local function is_used(code, uses)
  local use = uses[code.f]
  if not use then return false end
  local multi = math.max(use.multi, multi_of(code.u, code.f))
  return use.count >= math.max(code.u or 1, multi == 1 and MOST_USES or 1)
end

-- Enters the codes that are used up into `reply`; an entry with several when all of them are.
local function drop_used(ledger, count, wanted, reply)
  local uses = count_records(ledger)
  if not uses then return end
  for n = 1, count do
    local raw = wanted.left[n]
    local entry = raw and read_entry(raw)
    local used = entry ~= nil
    for _, code in ipairs(entry and entry.codes or {}) do
      used = used and is_used(code, uses)
    end
    if used then
      reply[#reply + 1] = -n
      wanted.left[n] = nil
    end
    budget.left = budget.left - cost_of(raw or "")
  end
end

local function push(pool, ledger, at)
  local from, count = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  -- The first of a call has all of the budget, so that there is some progress in any case.
  if budget.left <= 0 then return { from } end
  local kind = redis.call("TYPE", pool).ok
  if kind ~= "list" and kind ~= "none" then return { -2 } end
  local reply = { -1 }
  local wanted = read_wanted(at + 2, count, reply)
  local more = drop_known(pool, from, wanted, reply)
  if more then
    reply[1] = more
    return reply
  end
  drop_used(ledger, count, wanted, reply)
  for n = 1, count do
    if wanted.left[n] then redis.call("RPUSH", pool, wanted.left[n]) end
  end
  return reply
end

local replies, at = {}, 2
for i = 1, #KEYS, 2 do
  replies[#replies + 1] = push(KEYS[i], KEYS[i + 1], at)
  at = at + 2 + 2 * tonumber(ARGV[at + 1])
end
return replies
