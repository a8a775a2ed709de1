-- Claims the first valid code of each of several users for one broadcast: takes it off the pool and writes the
-- claimed record, atomically. Expired codes met on the way are dropped; what is not understood stays where it is.
--
-- KEYS  pool, ledger of the first user, pool, ledger of the second, ...
-- ARGV  1 broadcastId  2 run  3 ledger lifetime in ms  4 "1": look only, change nothing (--dry-run)
--       5 budget: how many short entries to look at before the rest is left for another call
--       6 runs whose claims may be taken over, each between spaces, or " "
--       7 how the users were met: "any"; or in a sweep over both kinds of key, so that each user counts once,
--         "pool" (a user with a record is left to the ledger's turn) or "ledger" (one without to the pool's)
--       8 final outcomes of other runs to try again: "unknown" (same code), "failed" (a new one), between spaces
--       9... pool index to start from, one a user (0 when absent)
-- Returns first one text with a line a user: "<formId> <expire in ms> <several uses 0/1>", the usual case: claimed at the
--       first attempt, nothing dropped on the way. One text, because a reply a user costs the client's parser more than
--       all else it does with it. Then, for each user with an empty line, an array; by its first number:
--       1 claimed   formId, expire in ms, several uses 0/1, attempt, expired codes dropped, refused codes dropped
--       2 no code   expired codes dropped, entries met that are not understood
--       3 settled   outcome, 1 if by this very run, attempts, at in ms, errcode or "-", formId or "-", msgid or "-"
--       4 busy      the other run that holds the claim
--       5 more      index to go on from, expired codes dropped, entries met that are not understood
--       6 mine      claimed by this run before: as 1
--       7 wrong     Redis' words: the pool or the ledger is not of the expected type
--       8 elsewhere to be met, or met already, under its other key

local id, run, ttl, dry, dead = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == "1", ARGV[6]
local sighting, again = ARGV[7], ARGV[8]
local budget = { left = tonumber(ARGV[5]) }
local now = now_ms()

local function describe_claim(status, claimed)
  return { status, claimed.f, claimed.e, claimed.multi, claimed.attempt, 0, 0 }
end

-- Same code, next attempt: the platform refuses a code that was used, so this can't deliver twice.
local function take_over(ledger, claimed)
  claimed.attempt = claimed.attempt + 1
  if not dry then
    local line = string.format("claimed %s %d %.0f %d %d %s %s %d\n", run, claimed.attempt, now, claimed.multi,
      claimed.k, claimed.e, claimed.f, claimed.size)
    write_record(ledger, id, line .. claimed.body, ttl)
  end
  return describe_claim(1, claimed)
end

local function is_listed(list, word)
  return find(list, " " .. word .. " ", 1, true) ~= nil
end

-- The reply for a user with a final record; nil when the user may be claimed anew.
local function from_final(ledger, final)
  -- A user who had no code left may have got a new one since.
  if final.outcome == "no_code" then return nil end
  local own = final.run == run
  if not own and is_listed(again, final.outcome) then
    if final.outcome ~= "unknown" then return nil end
    return take_over(ledger, { attempt = final.attempts, multi = final.multi, k = 0, e = final.e, f = final.f,
      size = 0, body = "" })
  end
  return { 3, final.outcome, own and 1 or 0, final.attempts, final.at, final.errcode, final.f, final.msgid }
end

-- The reply for a user with a record; nil when the record does not stand in the way of a claim.
local function from_record(ledger, record)
  local claimed = read_claimed(record)
  if not claimed then
    local final = read_final(record)
    if not final then return { 7, "the ledger holds a record that is not push-cli's" } end
    return from_final(ledger, final)
  end
  if claimed.run == run then return describe_claim(6, claimed) end
  if is_listed(dead, claimed.run) then return take_over(ledger, claimed) end
  return { 4, claimed.run }
end

local function leaves_nothing(pool, edits)
  local gone = 0
  for _, text in pairs(edits) do
    if text == false then gone = gone + 1 end
  end
  return gone > 0 and gone == redis.call("LLEN", pool)
end

local function claim_from(pool, ledger, from)
  local found = find_code(pool, from, now, nil, budget)
  if found.pick and not dry then return take_found(pool, ledger, id, run, ttl, now, found) end
  if found.pick then
    local code = found.pick.entry.codes[found.pick.k]
    return { 1, code.f, string.format("%.0f", code.e), multi_of(code.u, code.f), 1, found.expired, 0 }
  end
  local removed = 0
  -- With the last expired code the pool goes, and no later sweep would meet this user: the record tells that there was one.
  if not dry and not found.more and leaves_nothing(pool, found.edits) then
    local record = final_record("no_code", run, 0, now, "-", "-", nil)
    if redis.call("HSETNX", ledger, id, record) == 1 then redis.call("PEXPIRE", ledger, ttl) end
  end
  if not dry then removed = apply_edits(pool, found.edits) end
  if found.more then return { 5, resume_index(found, removed), found.expired, found.unreadable } end
  return { 2, found.expired, found.unreadable }
end

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

-- The usual user has no record yet and a plain, valid code with a short formId at the pool's head. Taking just that,
-- without reading positions and planning edits, halves the script's time. Nil: the general way has to look closer.
local function claim_plain(pool, ledger)
  local head = pcall("LINDEX", pool, "0")
  if type(head) ~= "string" then return nil end
  local f, digits = match(head, '^{"formId":"([%w_-]+)","expire":(1%d%d%d%d%d%d%d%d%d%d%d%d)}$')
  if not f or tonumber(digits) <= now or not is_form_id(f) then return nil end
  local multi = multi_of(nil, f) == 1 and "1" or "0"
  local record = claimed_head .. multi .. " 1 " .. digits .. " " .. f .. size_text(#head) .. head
  if pcall("HSETNX", ledger, id, record) ~= 1 then return nil end
  call("PEXPIRE", ledger, ttl)
  call("LPOP", pool)
  return f .. " " .. digits .. " " .. multi
end

local function is_mine(record)
  return find(record, "claimed " .. run .. " ", 1, true) == 1
end

local function claim(pool, ledger, from)
  local record = try_read("HGET", ledger, id)
  if type(record) == "table" then return { 7, record.err } end
  if sighting == "ledger" and not record then return { 8 } end
  -- A claim of this very run is either the same call again, its answer lost, or known to the caller.
  if sighting == "pool" and record and not is_mine(record) then return { 8 } end
  local known = record and from_record(ledger, record)
  if known then return known end
  if budget.left <= 0 then return { 5, from, 0, 0 } end
  local kind = call("TYPE", pool).ok
  if kind == "none" then return { 2, 0, 0 } end
  if kind ~= "list" then return { 7, "the pool is a " .. kind .. ", not a list" } end
  return claim_from(pool, ledger, from)
end

local plain_first = not dry and sighting ~= "ledger"
local lines, replies = {}, { "" }
for i = 1, #KEYS, 2 do
  local n = #lines + 1
  local from = ARGV[8 + n] or "0"
  local line = plain_first and from == "0" and claim_plain(KEYS[i], KEYS[i + 1])
  lines[n] = line or ""
  if not line then replies[#replies + 1] = claim(KEYS[i], KEYS[i + 1], tonumber(from)) end
end
replies[1] = table.concat(lines, "\n")
return replies
