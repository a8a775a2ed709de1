-- Changes pools, and records of ledgers, that were read before: each user's all or nothing, and only if what the change was
-- made from is still there, byte for byte.
--
-- KEYS  pool, ledger of the first user, pool, ledger of the second, ...; without a broadcastId the pools alone
-- ARGV  1 broadcastId or ""  2 ledger lifetime in ms  3 a line a user, its words measuring out ARGV 4:
--       the record that must be there, "-" for none, "*" for whatever there is;
--       the record to write, "-" to remove it, "*" to leave it; epoch ms by which it is too late, or "-"; entries that
--       the pool must have, or "*"; an entry to put at its left end, or "-"; then for each entry to change its list
--       index, what it must be, and what to put in its place, "-" to take it out; ascending
--       4 the bytes
-- Returns a text with a letter a user: 1 changed, or so already (the same call again), 0 nothing done, because it is not as
--       it was read; and how many commands it took, as Redis counts them

-- Stands for a removed element between LSET and LREM; no writer's entry starts with these bytes.
local TOMBSTONE = "\0push-cli:removed"

local id, ttl, bytes = ARGV[1], ARGV[2], ARGV[4]
local now = now_ms()
-- The script itself and TIME are the first commands.
local at, commands = 1, 2

local function call(...)
  commands = commands + 1
  return redis.call(...)
end

-- The bytes that a word measures out; any other word as it is.
local function measure(word)
  if word == "-" or word == "*" then return word, false end
  at = at + tonumber(word)
  return sub(bytes, at - tonumber(word), at - 1), true
end

-- Raises the error that a write would meet, a missing right above all, before anything is written: Redis looks for those
-- before it finds fault with the numbers.
local function check_write(command, pool)
  local err = redis.pcall(command, pool, "-", "-").err
  if not find(err, "not an integer", 1, true) then redis.call(command, pool, "-", "-") end
end

local function has_record(ledger, was, text)
  if was == "*" then return true, false end
  local record = try_read("HGET", ledger, id)
  commands = commands + 1
  if text ~= "*" and text ~= "-" and record == text then return false, true end
  return was == "-" and not record or record == was, false
end

local function has_entries(pool, edits)
  if #edits == 0 then return true end
  local first = edits[1].index
  commands = commands + 1
  -- What is not a list has no entries: the error that comes then is a table without any.
  local entries = try_read("LRANGE", pool, first, edits[#edits].index)
  for _, edit in ipairs(edits) do
    if entries[edit.index - first + 1] ~= edit.was then return false end
  end
  return true
end

-- Which writes the edits take: entries to drop from the head on, others to take out, and to replace.
local function plan_edits(edits)
  local head, tombs, sets = 0, 0, 0
  for _, edit in ipairs(edits) do
    if not edit.is_text and edit.index == head then
      head = head + 1
    else
      sets = sets + 1
      if not edit.is_text then tombs = tombs + 1 end
    end
  end
  return head, tombs, sets
end

-- A claim without its code off the pool, or a pool with half its edits, would be worse than none. LSET comes first: it is what
-- Redis refuses for lack of memory, and it refuses nothing more once a script has tried to write.
local function check_writes(pool, head, tombs, sets)
  if head + sets > 0 then check_write("LSET", pool) end
  if tombs > 0 then check_write("LREM", pool) end
  if head > 0 then check_write("LTRIM", pool) end
end

local function apply_edits(pool, edits, head, tombs)
  for n, edit in ipairs(edits) do
    if n > head then call("LSET", pool, edit.index, edit.is_text and edit.text or TOMBSTONE) end
  end
  if tombs > 0 then call("LREM", pool, tombs, TOMBSTONE) end
  if head > 0 then call("LTRIM", pool, head, "-1") end
end

-- First of all when there is one to write: it is what Redis may refuse for lack of memory.
local function write_record(ledger, text)
  if text == "*" then return end
  if text == "-" then
    call("HDEL", ledger, id)
  else
    call("HSET", ledger, id, text)
    call("PEXPIRE", ledger, ttl)
  end
end

local function change(pool, ledger, user)
  local same, done = has_record(ledger, user.was, user.text)
  if done then return "1" end
  if not same or (user.late ~= "-" and tonumber(user.late) <= now) then return "0" end
  if user.length ~= "*" and call("LLEN", pool) ~= tonumber(user.length) then return "0" end
  if not has_entries(pool, user.edits) then return "0" end
  local head, tombs, sets = plan_edits(user.edits)
  check_writes(pool, head, tombs, sets)
  if user.has_back then call("LPUSH", pool, user.back) end
  write_record(ledger, user.text)
  apply_edits(pool, user.edits, head, tombs)
  return "1"
end

local function read_edits(word)
  local edits = {}
  local index = word()
  while index do
    local was = measure(word())
    local text, is_text = measure(word())
    edits[#edits + 1] = { index = tonumber(index), was = was, text = text, is_text = is_text }
    index = word()
  end
  return edits
end

local replies, key, step = {}, 1, id == "" and 1 or 2
for line in string.gmatch(ARGV[3], "[^\n]+") do
  local word = string.gmatch(line, "%S+")
  local user = { was = measure(word()), text = measure(word()), late = word(), length = word() }
  user.back, user.has_back = measure(word())
  user.edits = read_edits(word)
  replies[#replies + 1] = change(KEYS[key], KEYS[key + step - 1], user)
  key = key + step
end
return { table.concat(replies), commands }
