-- Claims the first valid code of each of several users for one broadcast: takes it off the pool and writes the
-- claimed record, atomically. Expired codes met on the way are dropped; what is not understood stays where it is.
--
-- KEYS  pool, ledger of the first user, pool, ledger of the second, ...
-- ARGV  1 broadcastId  2 run  3 ledger lifetime in ms  4 "1": look only, change nothing (--dry-run)
--       5 budget: how many short entries to look at before the rest is left for another call
--       6 runs whose claims may be taken over, each between spaces, or " "
--       7 how the users were met: "any"; or in a sweep over both kinds of key, so that each user counts once,
--         "pool" (a user with a record is left to the ledger's turn) or "ledger" (one without, or who ran out of codes
--         and has a pool again, to the pool's)
--       8 final outcomes of other runs to try again: "unknown" (same code), "failed" (a new one), between spaces
--       9... pool index to start from, one a user (0 when absent)
-- Returns first one text with a line a user: "<formId> <expire in ms> <several uses 0/1>", the usual case: claimed at the
--       first attempt, nothing dropped on the way. One text, because a reply a user costs the client's parser more than
--       all else it does with it. Then, for each user with an empty line, an array; by its first number:
--       1 claimed   formId, expire in ms, several uses 0/1, attempt, expired codes dropped, refused codes dropped;
--                   in a dry run also whether that leaves the user without a valid code: 1 or 0; 2 not known, the budget is
--                   spent, and the pool index to look on from (else "-", 0); the outcome of an earlier run that is tried again
--       2 no code   expired codes dropped, entries met that are not understood
--       3 settled   outcome, 1 if by this very run, attempts, at in ms, errcode or "-", formId or "-", msgid or "-"; when it
--                   was to be tried again and no code was left for that, expired codes dropped
--       4 busy      the other run that holds the claim
--       5 more      index to go on from, expired codes dropped, entries met that are not understood
--       6 mine      claimed by this run before: as 1
--       7 wrong     Redis' words: the pool or the ledger is not of the expected type
--       8 elsewhere to be met, or met already, under its other key

local id, run, ttl, dry, sighting = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == "1", ARGV[7]
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

local plain_first = not dry and sighting ~= "ledger"
local lines, replies = {}, { "" }
local claim

-- The claim of any user, made at the first that is not a usual one.
local function claim_in_general(pool, ledger, from)
  claim = claim or claim_any({ id = id, run = run, ttl = ttl, now = now, dry = dry, budget = tonumber(ARGV[5]),
    dead = ARGV[6], sighting = sighting, again = ARGV[8] })
  return claim(pool, ledger, from)
end

for i = 1, #KEYS, 2 do
  local n = #lines + 1
  local from = ARGV[8 + n] or "0"
  local line = plain_first and from == "0" and claim_plain(KEYS[i], KEYS[i + 1])
  lines[n] = line or ""
  if not line then replies[#replies + 1] = claim_in_general(KEYS[i], KEYS[i + 1], tonumber(from)) end
end
replies[1] = table.concat(lines, "\n")
return replies
