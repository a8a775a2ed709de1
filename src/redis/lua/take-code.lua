-- fragment: finding the first valid code of a pool, and rewriting pools without touching what is not meant.
-- Prepended, after read-entry.lua, to the scripts that take codes off pools or put them back.

local CHUNK = 16
-- Stands for a removed element between LSET and LREM of one script; no writer's entry starts with these bytes.
local TOMBSTONE = "\0push-cli:removed"

-- Redis' clock in ms: leases and expiry go by one clock, whatever the client's says.
local function now_ms()
  local t = redis.call("TIME")
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

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

-- What a key of another type answers is returned as a table with `err`; every other error, such as a missing right, is
-- raised: taken for an empty pool or ledger, it would go unnoticed.
local function try_read(command, key, ...)
  local reply = redis.pcall(command, key, ...)
  if type(reply) == "table" and reply.err and not find(reply.err, "WRONGTYPE", 1, true) then
    return redis.call(command, key, ...)
  end
  return reply
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

-- Applies edits (index -> new text, or false to remove) to a list; indices are those before the call. Returns how many
-- entries went, and how many commands it took.
local function apply_edits(pool, edits)
  local head, tombs, commands = 0, 0, 0
  while edits[head] == false do
    edits[head] = nil
    head = head + 1
  end
  for index, text in pairs(edits) do
    if text == false then tombs = tombs + 1 end
    redis.call("LSET", pool, index, text or TOMBSTONE)
    commands = commands + 1
  end
  if tombs > 0 then redis.call("LREM", pool, tombs, TOMBSTONE) end
  if head > 0 then redis.call("LTRIM", pool, head, -1) end
  return head + tombs, commands + (tombs > 0 and 1 or 0) + (head > 0 and 1 or 0)
end

-- After entries were dropped and the budget ran out: where the next call has to go on.
local function resume_index(found, removed)
  return found.more - removed
end

-- 1 for a code that may bring several messages: it says so, or its form is that of a prepay_id. Such a code is no
-- idempotency key of its own, so an attempt with unknown outcome must not be repeated with it.
local function multi_of(uses, form_id)
  return (uses or find(form_id, "^wx%d%d%d%d%d%d%d%d%d%d%d%d%d%d")) and 1 or 0
end

-- A claimed record, one line of words and then the bytes to put back:
--   claimed <run> <attempt> <at ms> <multi> <k> <expire ms> <formId> <length of own>\n<own><source>
-- source is the entry the code came from, when something of that entry stayed in the pool.
local function claimed_record(run, attempt, now, pick, own, source)
  local code = pick.entry.codes[pick.k]
  local multi = multi_of(code.u, code.f)
  local line = string.format("claimed %s %d %.0f %d %d %.0f %s %d\n", run, attempt, now, multi, pick.k, code.e,
    code.f, #own)
  return line .. own .. source, multi
end

local function read_claimed(record)
  local run, attempt, at, multi, k, e, f, size, body = match(record,
    "^claimed (%S+) (%d+) (%d+) (%d) (%d+) (%-?%d+) (%S+) (%d+)\n(.*)$")
  if not run then return nil end
  size = tonumber(size)
  return { run = run, attempt = tonumber(attempt), at = at, multi = tonumber(multi), k = tonumber(k), e = e, f = f,
    own = sub(body, 1, size), source = sub(body, size + 1), body = body, size = size }
end

-- A final record, enough of the code in it to send with it again when the operator asks:
--   <outcome> <run> <attempts> <at ms> <errcode or -> <formId or -> <msgid or -> <multi> <expire ms>
local function final_record(outcome, run, attempts, now, errcode, msgid, claimed)
  return string.format("%s %s %s %.0f %s %s %s %d %s", outcome, run, attempts, now, errcode, claimed and claimed.f or "-",
    msgid, claimed and claimed.multi or 0, claimed and claimed.e or "0")
end

local function read_final(record)
  local outcome, run, attempts, at, errcode, f, msgid, multi, e = match(record,
    "^(%S+) (%S+) (%d+) (%d+) (%S+) (%S+) (%S+) (%d) (%-?%d+)$")
  if not outcome or outcome == "claimed" then return nil end
  return { outcome = outcome, run = run, attempts = tonumber(attempts), at = at, errcode = errcode, f = f,
    msgid = msgid, multi = tonumber(multi), e = e }
end

-- Writes the record first: it is the only write that Redis may refuse for lack of memory, and a refusal must
-- come before anything has changed.
local function write_record(ledger, id, record, ttl)
  redis.call("HSET", ledger, id, record)
  redis.call("PEXPIRE", ledger, ttl)
end

-- Moves the found code off the pool into a claimed record. Returns what the caller needs to send with it.
local function take_found(pool, ledger, id, run, ttl, now, found)
  local pick = found.pick
  local code = pick.entry.codes[pick.k]
  local rest, own = take_use(pick.entry, pick.k)
  local record, multi = claimed_record(run, 1, now, pick, own, rest and pick.raw or "")
  write_record(ledger, id, record, ttl)
  if rest then found.edits[pick.index] = rest else found.edits[pick.index] = false end
  apply_edits(pool, found.edits)
  return { 1, code.f, string.format("%.0f", code.e), multi, 1, found.expired, found.refused }
end

-- Puts a claimed code back at the left of its pool, byte for byte: into the entry it was cut from when that entry
-- is still as the claim left it, else as an entry of its own. Not for a claim without bytes: a retry of an
-- `unknown` record, whose code was spent before.
local function put_back(pool, claimed)
  if claimed.source ~= "" then
    local entry = read_entry(claimed.source)
    local rest = entry and take_use(entry, claimed.k)
    for index, raw in ipairs(redis.call("LRANGE", pool, 0, CHUNK - 1)) do
      if raw == rest then
        redis.call("LSET", pool, index - 1, claimed.source)
        return
      end
    end
  end
  redis.call("LPUSH", pool, claimed.own)
end
