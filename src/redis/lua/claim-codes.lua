-- Claims the first code of each of several users for one broadcast where that is a plain entry: takes it off the pool and
-- writes the claimed record, atomically. Of everybody else it returns what a claim has to know; change-users.lua makes it.
--
-- KEYS  pool, ledger of the first user, pool, ledger of the second, ...
-- ARGV  1 broadcastId  2 run  3 ledger lifetime in ms  4 "1": claim; "0": read all users, change nothing
--       5 how many entries to read of a pool
--       6... pool index to read from, one a user (0 when absent)
-- Returns a text with a line a user, the bytes that the lines measure out, and Redis' clock in ms. A line is one of
--       "<formId> <expire in ms> <several uses 0/1>": claimed at the first attempt, and behind it the number of expired codes
--       that were dropped, if any;
--       " <record> <piece>": length of the user's record, "-" for none, "!" and the length of Redis' words when the ledger is
--       none; then what read-piece.lua says of the pool

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

local function write_claim(ledger, f, digits, head)
  local multi = find(f, "^wx%d%d%d%d%d%d%d%d%d%d%d%d%d%d") and "1" or "0"
  local record = claimed_head .. multi .. " 1 " .. digits .. " " .. f .. size_text(#head) .. head
  if pcall("HSETNX", ledger, id, record) ~= 1 then return nil end
  call("PEXPIRE", ledger, ttl)
  return f .. " " .. digits .. " " .. multi
end

local PLAIN_CLAIM = '^{"formId":"([%w_-]+)","expire":(1%d%d%d%d%d%d%d%d%d%d%d%d)}$'

-- The same for a pool whose first entries are expired and plain.
local function claim_behind(pool, ledger)
  local entries = call("LRANGE", pool, "0", "15")
  for n, head in ipairs(entries) do
    local f, digits = match(head, PLAIN_CLAIM)
    if not f or not is_form_id(f) then return nil end
    if tonumber(digits) > now then
      local line = write_claim(ledger, f, digits, head)
      if line then call("LTRIM", pool, n, "-1") end
      return line and line .. " " .. n - 1
    end
  end
end

-- The usual user has no record yet and a plain, valid code with a short formId at the pool's head.
local function claim_plain(pool, ledger, head)
  local f, digits = match(head, PLAIN_CLAIM)
  if not f or not is_form_id(f) then return nil end
  if tonumber(digits) <= now then return claim_behind(pool, ledger) end
  local line = write_claim(ledger, f, digits, head)
  if line then call("LPOP", pool) end
  return line
end

local function read_user(pool, ledger, from, head)
  local record = try_read("HGET", ledger, id)
  local size = "-"
  if type(record) == "table" then
    record = record.err
    size = "!" .. #record
  elseif record then
    size = #record
  end
  blob[#blob + 1] = record or nil
  return " " .. size .. " " .. read_piece(pool, from, count, head)
end

local plain_first = ARGV[4] == "1"
local lines = {}
for i = 1, #KEYS, 2 do
  local n = #lines + 1
  local pool, ledger, from = KEYS[i], KEYS[i + 1], ARGV[5 + n] or "0"
  local head = plain_first and from == "0" and pcall("LINDEX", pool, "0")
  if type(head) ~= "string" then head = nil end
  lines[n] = head and claim_plain(pool, ledger, head) or read_user(pool, ledger, tonumber(from), head)
end
return { table.concat(lines, "\n"), table.concat(blob), now }
