-- Claims the first permission of each of several users for one broadcast where that is a plain entry: takes it off the pool
-- and writes the claimed record, atomically. Of everybody else it returns what a claim has to know; change-users.lua makes it.
--
-- KEYS  pool, ledger of the first user, pool, ledger of the second, ...
-- ARGV  1 broadcastId  2 run  3 ledger lifetime in ms
--       4 "1": claim codes; "2": claim consents; "3": claim without a pool; "0": read all users, change nothing
--       5 how many entries to read of a pool  6 how old a consent may be in ms, "0" for any age
--       7 "" or JSON, what the broadcast's policy asks (src/broadcast/policy.ts): "notIn", ids of broadcasts whose message the user
--       must not have; "caps", each a "count" of other broadcasts' messages that the user must not have been sent from "since" on,
--       epoch ms; "within", a permission that expires within so many ms; "counts", valid permissions are to be counted, which is
--       for the caller to do
--       8... pool index to read from, one a user (0 when absent)
-- Returns a text with a line a user, the bytes that the lines measure out, and Redis' clock in ms. A line is one of
--       "<formId> <expire in ms> <0, 1 several uses, 2 nothing is spent>": claimed at the first attempt, and behind it the
--       number of expired codes that were dropped, if any;
--       "later": another broadcast has claimed this user within half a minute;
--       " <record> <piece>": length of the user's record, "-" for none, "!" and the length of Redis' error when the key is not a
--       ledger; "=" where the user has one of the messages of "notIn", or may have it, "+" where one of "caps" leaves the user out;
--       then what read-piece.lua says of the pool

local id, run, ttl, count = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[5])
local now = now_ms()
local call, pcall = redis.call, redis.pcall
local claimed_head = "claimed " .. run .. " 1 " .. string.format("%.0f", now) .. " "
-- " <length>\n" by length: Lua makes a number's text with printf, once for all users.
local size_texts = {}

local function size_text(size)
  local text = size_texts[size]
  if not text then
    text = " " .. size .. "\n"
    size_texts[size] = text
  end
  return text
end

-- `taken`: the bytes to put back, `source`: those that stay where they are.
local function write_record(ledger, f, digits, multi, taken, source)
  local record = claimed_head .. multi .. " 1 " .. digits .. " " .. f .. size_text(#taken) .. taken .. source
  if pcall("HSETNX", ledger, id, record) ~= 1 then return nil end
  call("PEXPIRE", ledger, ttl)
  return f .. " " .. digits .. " " .. multi
end

local function write_claim(ledger, f, digits, head)
  local multi = find(f, "^wx%d%d%d%d%d%d%d%d%d%d%d%d%d%d") and "1" or "0"
  return write_record(ledger, f, digits, multi, head, "")
end

-- Takes a claim back whose code could not be taken off its pool, for want of a right: it would be used twice. What refused that
-- is then to be called again, for the error.
local function undo_if_refused(reply, ledger)
  local refused = type(reply) == "table" and reply.err
  if refused then call("HDEL", ledger, id) end
  return refused
end

local policy = ARGV[7] ~= "" and cjson.decode(ARGV[7]) or {}
local not_in, caps, within = policy.notIn, policy.caps, policy.within

-- Whether the message would spend a permission that expires too late: for the caller to leave the user out.
local function is_late(digits)
  return within and (digits == "0" or tonumber(digits) > now + within)
end

local PLAIN_CLAIM = '^{"formId":"([%w_-]+)","expire":(1%d%d%d%d%d%d%d%d%d%d%d%d)}$'

-- The same for a pool whose first entries are expired and plain.
local function claim_behind(pool, ledger)
  local entries = call("LRANGE", pool, "0", "15")
  for n, head in ipairs(entries) do
    local f, digits = match(head, PLAIN_CLAIM)
    if not f or not is_form_id(f) then return nil end
    if is_late(digits) then return nil end
    if tonumber(digits) > now then
      local line = write_claim(ledger, f, digits, head)
      if line and undo_if_refused(pcall("LTRIM", pool, n, "-1"), ledger) then call("LTRIM", pool, n, "-1") end
      return line and line .. " " .. n - 1
    end
  end
end

-- The usual user has no record yet and a plain, valid code with a short formId at the pool's head.
local function claim_plain(pool, ledger, head)
  local f, digits = match(head, PLAIN_CLAIM)
  if not f or not is_form_id(f) then return nil end
  if tonumber(digits) <= now then return claim_behind(pool, ledger) end
  if is_late(digits) then return nil end
  local line = write_claim(ledger, f, digits, head)
  if line and undo_if_refused(pcall("LPOP", pool), ledger) then call("LPOP", pool) end
  return line
end

local ON_ITS_WAY_MS = 30000

-- Whether another broadcast has claimed this user and is probably about to send: the platform takes one message to a user at a
-- time. False, too, where this one has a record, unless it says that there was no permission: only then one is claimed anew. A
-- ledger with too many records is not looked at; the platform then says so itself.
local function is_on_its_way(noted)
  if noted == TOO_MANY then return false end
  local found = false
  for i = 1, #noted, 2 do
    local record = noted[i + 1]
    if noted[i] == id and sub(record, 1, 8) ~= "no_code " then return false end
    local at = match(record, "^claimed %S+ %d+ (%d+) ")
    -- A time ahead, by the clock of a server that has failed since, is none to wait for.
    if at and math.abs(tonumber(at) - now) < ON_ITS_WAY_MS then found = true end
  end
  return found
end

local max_age = tonumber(ARGV[6])

-- A plain consent at the pool's head. One that stands stays there, and goes before those that are used up: where one is among
-- the others, it is for the caller to tell.
local function claim_consent(pool, ledger, head, others)
  local c, at, stands = read_plain_consent(head)
  if not c then return nil end
  if max_age > 0 and tonumber(at) + max_age <= now then return nil end
  local digits = max_age > 0 and string.format("%.0f", tonumber(at) + max_age) or "0"
  if is_late(digits) then return nil end
  if stands then return write_record(ledger, c, digits, "2", "", head) end
  for n = 2, #others do
    if find(others[n], "standing", 1, true) then return nil end
  end
  local line = write_record(ledger, c, digits, "1", head, "")
  if line and undo_if_refused(pcall("LPOP", pool), ledger) then call("LPOP", pool) end
  return line
end

local least = caps and least_of(caps)

-- What a line says of the user besides; `noted`: the ledger as read_noted has it, where there are caps.
local function mark_of(ledger, noted)
  if not_in and is_reached(ledger, not_in) then return " = " end
  return caps and is_capped(noted, caps) and " + " or " "
end

local function read_user(pool, ledger, from, mark, head)
  local record = try_read("HGET", ledger, id)
  local size = "-"
  if type(record) == "table" then
    record = record.err
    size = "!" .. #record
  elseif record then
    size = #record
  end
  blob[#blob + 1] = record or nil
  return " " .. size .. mark .. read_piece(pool, from, count, head)
end

local way = ARGV[4]
-- For codes, which any number of broadcasts may send at a time, and in a mere look, ledgers are read for caps alone: by HVALS,
-- which takes half as long.
local one_at_a_time = way ~= "0" and way ~= "1"
local reading = one_at_a_time and "HGETALL" or (caps and "HVALS")

local function claim(pool, ledger, from)
  local noted = {}
  if reading then noted = read_noted(ledger, id, reading, reading == "HVALS" and least or 1) end
  if not noted then return " - later" end
  if one_at_a_time and is_on_its_way(noted) then return "later" end
  local mark = mark_of(ledger, noted)
  if way == "0" or policy.counts or mark ~= " " then return read_user(pool, ledger, tonumber(from), mark) end
  if way == "3" then return write_record(ledger, "-", "0", "2", "", "-") or read_user(pool, ledger, 0, mark) end
  if way == "2" then
    local first = from == "0" and pcall("LRANGE", pool, "0", "15") or {}
    local line = first[1] and claim_consent(pool, ledger, first[1], first)
    return line or read_user(pool, ledger, tonumber(from), mark, first[1])
  end
  local head = from == "0" and pcall("LINDEX", pool, "0")
  if type(head) ~= "string" then head = nil end
  local line = head and claim_plain(pool, ledger, head)
  return line or read_user(pool, ledger, tonumber(from), mark, head)
end

local lines = {}
for i = 1, #KEYS, 2 do
  local n = #lines + 1
  lines[n] = claim(KEYS[i], KEYS[i + 1], ARGV[7 + n] or "0")
end
return { table.concat(lines, "\n"), table.concat(blob), now }
