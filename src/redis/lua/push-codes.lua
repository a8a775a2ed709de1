-- Appends codes at the right of several pools, as the backend does, leaving out those whose formId the pool holds, and
-- those whose bytes it holds.
--
-- KEYS  the pools
-- ARGV  1 budget: how many short entries to look at in this call  then for each pool: list index to start from,
--       number of codes, and two for each code: formId ("" for an entry that is known by its bytes alone), entry to push
-- Returns one array a pool: index to go on from (-1: done and pushed; nothing is pushed before), then the
--       numbers (from 1) of the codes found in the pool already; -2 when the key holds something else than a list

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

local function push(pool, at)
  local from, count = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  local kind = redis.call("TYPE", pool).ok
  if kind ~= "list" and kind ~= "none" then return { -2 } end
  local reply = { -1 }
  local wanted = read_wanted(at + 2, count, reply)
  local more = drop_known(pool, from, wanted, reply)
  if more then
    reply[1] = more
    return reply
  end
  for n = 1, count do
    if wanted.left[n] then redis.call("RPUSH", pool, wanted.left[n]) end
  end
  return reply
end

local replies, at = {}, 2
for i, pool in ipairs(KEYS) do
  replies[i] = push(pool, at)
  at = at + 2 + 2 * tonumber(ARGV[at + 1])
end
return replies
