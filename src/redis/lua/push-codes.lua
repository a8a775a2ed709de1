-- Appends codes at the right of several pools, as the backend does, except those whose formId or bytes the pool holds already,
-- and those that are used up according to the user's ledger. It understands plain entries of the pool; other entries are
-- returned to be read, and the script is called again with the codes that are not in those.
--
-- KEYS  pool, ledger of the first user, pool, ledger of the second, ...
-- ARGV  1 budget: number of short entries to process in this call  2 "1" for a dry run: nothing is appended, and the reply is
--       the same as if it were  then for each pool either one argument: plain entries separated by line feeds, each good for
--       one message, no formId twice; or several: "", list index to start from; the entry before that, which shows whether the
--       pool is still the same, "*" if it is unknown; number of codes, and two for each: its identity, and the entry to push.
--       The identity is a formId that is good for one message; or a line feed, the formId ("" for an entry that is identified
--       by its bytes alone), a line feed, and for each code of the entry three words: formId, uses, 1 if it may be good for
--       several messages, else 0
-- Returns a text, and the bytes whose lengths its lines give. One line for each pool into which not everything was pushed, of
--       these words: the pool's number (from 1); list index to continue from (-1: finished and pushed, nothing is pushed before
--       that; -2: the key is not a list; -3: the pool has changed, start again); the numbers (from 1) of the codes found in the
--       pool, and those of used codes as negative numbers, separated by commas, or "."; then, if some but not all entries were
--       processed, what read-piece.lua returns for those from that index on, the first of which stopped the script

-- Entries to return for reading, and entries that the script itself processes at a time.
local PIECE_ENTRIES, CHUNK = 256, 16
local PLAIN_FORM_ID = '^{"formId":"([^"\\%z\1-\31]+)","expire":[1-9]%d*}$'

left = tonumber(ARGV[1])
local only_looks = ARGV[2] == "1"

-- The entries between line feeds.
local function split(lines)
  local entries, n, from = {}, 0, 1
  while true do
    local at = find(lines, "\n", from, true)
    n = n + 1
    entries[n] = sub(lines, from, (at or 0) - 1)
    if not at then return entries end
    from = at + 1
  end
end

-- Entries to append in one command: this many certainly fit on Lua's stack.
local PUSH = 1000

local function append(pool, entries)
  if only_looks then return end
  for from = 1, #entries, PUSH do
    redis.call("RPUSH", pool, unpack(entries, from, math.min(from + PUSH - 1, #entries)))
  end
end

-- What a call is to push into a pool, from ARGV[at] on, and where the arguments of the next pool begin.
local function read_push(at)
  if ARGV[at] == "" then
    local count = tonumber(ARGV[at + 3])
    local push = { from = tonumber(ARGV[at + 1]), last = ARGV[at + 2], names = {}, entries = {} }
    for n = 1, count do
      push.names[n], push.entries[n] = ARGV[at + 2 + 2 * n], ARGV[at + 3 + 2 * n]
    end
    return push, at + 4 + 2 * count
  end
  local push = { from = 0, last = "", names = {}, entries = split(ARGV[at]) }
  for n, entry in ipairs(push.entries) do push.names[n] = match(entry, PLAIN_FORM_ID) end
  return push, at + 1
end

-- The codes to push: their numbers by formId and by bytes, and which of them are still to be pushed. A code that comes twice
-- counts as known the second time.
local function read_wanted(push, known)
  local wanted = { by_id = {}, by_bytes = {}, left = {}, codes = {} }
  for n, entry in ipairs(push.entries) do
    local form_id, codes = push.names[n], nil
    if sub(form_id, 1, 1) == "\n" then form_id, codes = match(form_id, "^\n([^\n]*)\n(.*)$") end
    if wanted.by_id[form_id] or wanted.by_bytes[entry] then
      known[#known + 1] = n
    else
      if form_id ~= "" then wanted.by_id[form_id] = n end
      wanted.by_bytes[entry] = n
      wanted.left[n] = entry
      wanted.codes[n] = codes or form_id .. " 1 0"
    end
  end
  return wanted
end

-- Enters the codes found in the pool into `known`. Returns the index of the first entry that it can't read, or at which the
-- budget was spent; nil when the pool was processed to its end.
local function drop_known(pool, from, wanted, known)
  local function drop(n)
    if n and wanted.left[n] then
      known[#known + 1] = n
      wanted.left[n] = nil
    end
  end
  local i = from
  while true do
    local chunk = redis.call("LRANGE", pool, i, i + CHUNK - 1)
    for _, raw in ipairs(chunk) do
      if left <= 0 then return i end
      spend(raw)
      local form_id = match(raw, PLAIN_FORM_ID)
      if not form_id or not read_plain(raw) then return i end
      drop(wanted.by_id[form_id])
      drop(wanted.by_bytes[raw])
      i = i + 1
    end
    if #chunk < CHUNK then return nil end
  end
end

-- Enters the codes that are used up into `numbers`; an entry with several codes if all of them are.
local function drop_used(ledger, count, wanted, numbers)
  local uses = count_records(ledger)
  if not uses then return end
  for n = 1, count do
    local words = wanted.left[n] and wanted.codes[n] or ""
    local used = words ~= ""
    for form_id, own_uses, multi in string.gmatch(words, "(%S+) (%d+) (%d)") do
      used = used and is_used(uses[form_id], tonumber(own_uses), tonumber(multi))
    end
    if used then
      numbers[#numbers + 1] = -n
      wanted.left[n] = nil
    end
    spend(words)
  end
end

local function describe(index, numbers, piece)
  return index .. " " .. (#numbers > 0 and table.concat(numbers, ",") or ".") .. (piece and " " .. piece or "")
end

local function push_missing(pool, ledger, push)
  -- The first pool of a call has the whole budget, so there is always some progress.
  if left <= 0 then return describe(push.from, {}) end
  local kind = redis.call("TYPE", pool).ok
  if kind ~= "list" and kind ~= "none" then return describe(-2, {}) end
  -- Codes are added at the right end: the entries before `last` have been processed.
  if push.from > 0 and push.last ~= "*" and redis.call("LINDEX", pool, push.from - 1) ~= push.last then
    return describe(-3, {})
  end
  local numbers = {}
  local wanted = read_wanted(push, numbers)
  local more = drop_known(pool, push.from, wanted, numbers)
  if more then
    local index = math.max(more - 1, 0)
    return describe(index, numbers, read_piece(pool, index, PIECE_ENTRIES))
  end
  drop_used(ledger, #push.entries, wanted, numbers)
  local entries = {}
  for n = 1, #push.entries do entries[#entries + 1] = wanted.left[n] end
  append(pool, entries)
  return #numbers > 0 and describe(-1, numbers)
end

local lines, at = {}, 3
for i = 1, #KEYS, 2 do
  local pool, ledger = KEYS[i], KEYS[i + 1]
  -- If neither key exists there is nothing to find: most of an import into an empty Redis.
  if ARGV[at] ~= "" and redis.call("EXISTS", pool, ledger) == 0 then
    append(pool, split(ARGV[at]))
    at = at + 1
  else
    local push
    push, at = read_push(at)
    local line = push_missing(pool, ledger, push)
    if line then lines[#lines + 1] = (i + 1) / 2 .. " " .. line end
  end
end
return { table.concat(lines, "\n"), table.concat(blob) }
