-- Changes pools, and records of ledgers, that were read before: each user's all or nothing, and only if what the change was
-- made from is still there, byte for byte.
--
-- KEYS  pool, ledger of the first user, pool, ledger of the second, ...; without a broadcastId the pools alone
-- ARGV  1 broadcastId or ""  2 ledger lifetime in ms  3 a line a user, its words measuring out ARGV 4:
--       the record that must be there, "-" for none, "*" for whatever there is;
--       the record to write, "-" to remove it, "*" to leave it; epoch ms by which it is too late, or "-"; entries that
--       the pool must have, or "*"; "=" for not when "notIn" or "caps" of the policy leave the user out, else "-"; an entry to
--       put at its left end, or "-"; then for each entry to change its list index, what it must be, and what to put in its
--       place, "-" to take it out, "*" to leave it; ascending
--       4 the bytes  5 the broadcast's policy, as in claim-codes.lua
-- Returns a text with a letter a user: 1 changed, or so already (the same call again), 0 nothing done, because it is not as
--       it was read; and how many commands it took, as Redis counts them

-- Stands for a removed element between LSET and LREM; no writer's entry starts with these bytes.
local TOMBSTONE = "\0push-cli:removed"

local id, ttl, bytes = ARGV[1], ARGV[2], ARGV[4]
local now = now_ms()
local call = redis.call
-- The script itself and TIME are the first commands.
local at, commands = 1, 2
local checked = {}
local policy = ARGV[5] ~= "" and cjson.decode(ARGV[5]) or {}

-- The bytes that a word measures out, and true; any other word as it is.
local function measure(word)
  if word == "-" or word == "*" then return word, false end
  local from = at
  at = at + tonumber(word)
  return sub(bytes, from, at - 1), true
end

-- Raises the error that a write would meet, a missing right above all, before anything is written: Redis looks for those
-- before it finds fault with the numbers. Once a call: rights are the same for all its keys.
local function check_write(command, pool)
  if checked[command] then return end
  checked[command] = true
  local err = redis.pcall(command, pool, "-", "-").err
  if not find(err, "not an integer", 1, true) then call(command, pool, "-", "-") end
end

-- Whether the record is what it was; and whether it is what it is to become.
local function look_at_record(ledger, was, text)
  if was == "*" then return true, false end
  commands = commands + 1
  local record = try_read("HGET", ledger, id)
  if text ~= "*" and text ~= "-" and record == text then return false, true end
  if was == "-" then return not record, false end
  return record == was, false
end

local function read_edits(words)
  local edits = {}
  for index, was, text in string.gmatch(words, "(%d+) (%d+) (%S+)") do
    local edit = { index = index, was = measure(was) }
    edit.text, edit.is_text = measure(text)
    edit.stays = text == "*"
    edits[#edits + 1] = edit
  end
  return edits
end

-- Entries that are looked at one by one when they stand further apart: a range would hold Redis up.
local FAR = 1024

local function has_entries(pool, edits)
  local count = #edits
  if count == 0 then return true end
  local first = edits[1].index
  commands = commands + 1
  -- What is not a list has no entries: the error that comes then is a table without any.
  if count == 1 then return try_read("LINDEX", pool, first) == edits[1].was end
  if edits[count].index - first > FAR then
    for _, edit in ipairs(edits) do
      if try_read("LINDEX", pool, edit.index) ~= edit.was then return false end
    end
    return true
  end
  local entries = try_read("LRANGE", pool, first, edits[count].index)
  for _, edit in ipairs(edits) do
    if entries[edit.index - first + 1] ~= edit.was then return false end
  end
  return true
end

-- How many entries the edits drop from the head on, and how many others they take out.
local function count_drops(edits)
  local head, tombs = 0, 0
  for _, edit in ipairs(edits) do
    if not edit.is_text and not edit.stays then
      if tonumber(edit.index) == head then head = head + 1 else tombs = tombs + 1 end
    end
  end
  return head, tombs
end

-- A claim without its code off the pool, or a pool with half its edits, would be worse than none. LSET comes first: it is what
-- Redis refuses for lack of memory, and it refuses nothing more once a script has tried to write.
local function check_writes(pool, head, tombs)
  check_write("LSET", pool)
  if tombs > 0 then check_write("LREM", pool) end
  if head > 0 then check_write("LTRIM", pool) end
end

local function apply_edits(pool, edits, head, tombs)
  for n = head + 1, #edits do
    local edit = edits[n]
    if not edit.stays then
      call("LSET", pool, edit.index, edit.is_text and edit.text or TOMBSTONE)
      commands = commands + 1
    end
  end
  if tombs > 0 then call("LREM", pool, tombs, TOMBSTONE) end
  if head > 0 then call("LTRIM", pool, head, "-1") end
  commands = commands + (tombs > 0 and 1 or 0) + (head > 0 and 1 or 0)
end

local function write_record(ledger, text)
  if text == "*" then return end
  commands = commands + 1
  if text == "-" then
    call("HDEL", ledger, id)
  else
    call("HSET", ledger, id, text)
    call("PEXPIRE", ledger, ttl)
    commands = commands + 1
  end
end

local function put_back(pool, back)
  commands = commands + 1
  call("LPUSH", pool, back)
end

-- By what the policy asks of ledgers; true, too, when the call has no room left to find out: the caller then reads the user again.
local function is_left_out(ledger)
  if policy.notIn and is_reached(ledger, policy.notIn) then return true end
  local noted = policy.caps and read_noted(ledger, id, "HVALS", least_of(policy.caps))
  return policy.caps and (not noted or is_capped(noted, policy.caps))
end

local function change(pool, ledger, line)
  local was, text, late, length, unless, back, words = match(line, "^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)(.*)$")
  was, text = measure(was), measure(text)
  local bytes_back, has_back = measure(back)
  local edits = read_edits(words)
  local same, done = look_at_record(ledger, was, text)
  if done then return "1" end
  if unless == "=" and is_left_out(ledger) then return "0" end
  if not same or (late ~= "-" and tonumber(late) <= now) then return "0" end
  if length ~= "*" then
    commands = commands + 1
    if call("LLEN", pool) ~= tonumber(length) then return "0" end
  end
  if not has_entries(pool, edits) then return "0" end
  local head, tombs = count_drops(edits)
  if #edits > 0 then check_writes(pool, head, tombs) end
  if has_back then put_back(pool, bytes_back) end
  write_record(ledger, text)
  apply_edits(pool, edits, head, tombs)
  return "1"
end

local replies, key, step = {}, 1, id == "" and 1 or 2
for line in string.gmatch(ARGV[3], "[^\n]+") do
  replies[#replies + 1] = change(KEYS[key], KEYS[key + step - 1], line)
  key = key + step
end
return { table.concat(replies), commands }
