-- Appends codes at the right of several pools, as the backend does, leaving out those whose formId the pool holds, and
-- entries that come byte for byte when the pool holds the same bytes.
--
-- KEYS  the pools
-- ARGV  1 budget: how many short entries to look at in this call  then for each pool: list index to start from,
--       number of codes, and two for each code: formId, entry to push. Instead of a formId: a space and the entry
-- Returns one array a pool: index to go on from (-1: done and pushed; nothing is pushed before), then the
--       numbers (from 1) of the codes found in the pool already; -2 when the key holds something else than a list

local budget = { left = tonumber(ARGV[1]) }

-- Takes the formIds met in the pool out of `wanted` (formId -> number); returns the index to go on from, or nil.
local function drop_known(pool, from, wanted, known)
  local function drop(name)
    if wanted[name] then known[#known + 1] = wanted[name] end
    wanted[name] = nil
  end
  return walk(pool, from, budget, function(raw)
    local entry = read_entry(raw)
    for _, code in ipairs(entry and entry.codes or {}) do
      if sub(code.f, 1, 1) ~= " " then drop(code.f) end
    end
    drop(" " .. raw)
  end)
end

local function push(pool, at)
  local from, count = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  local kind = redis.call("TYPE", pool).ok
  if kind ~= "list" and kind ~= "none" then return { -2 } end
  local wanted, reply = {}, { -1 }
  for n = 1, count do
    local form_id = ARGV[at + 2 * n]
    if wanted[form_id] then reply[#reply + 1] = n else wanted[form_id] = n end
  end
  local more = drop_known(pool, from, wanted, reply)
  if more then
    reply[1] = more
    return reply
  end
  for n = 1, count do
    if wanted[ARGV[at + 2 * n]] == n then redis.call("RPUSH", pool, ARGV[at + 2 * n + 1]) end
  end
  return reply
end

local replies, at = {}, 2
for i, pool in ipairs(KEYS) do
  replies[i] = push(pool, at)
  at = at + 2 + 2 * tonumber(ARGV[at + 1])
end
return replies
