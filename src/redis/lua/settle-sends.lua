-- Turns claimed records of this run into final ones: the codes are spent.
--
-- KEYS  the ledgers
-- ARGV  1 broadcastId  2 run  3 ledger lifetime in ms
--       4 one line for each ledger: outcome, attempts, errcode or "-", msgid or "-". One text, because arguments cost time.
-- Returns a text with one digit for each ledger: 1 settled, 2 settled by this run before (the same call again), 3 no code was
--       found in this run, unless Redis has lost a later claim, 0 not this run's claim, or lost

local id, run, ttl = ARGV[1], ARGV[2], ARGV[3]
local call = redis.call
local own = "claimed " .. run .. " "
local now = now_ms()
local at_ms = " " .. string.format("%.0f", now) .. " "
-- The claim has set the ledger's lifetime: setting it again within the hour would be a wasted command.
local long_ago = now - 3600000

local function settle(ledger, outcome, attempts, errcode, msgid)
  local record = try_read("HGET", ledger, id)
  if type(record) ~= "string" then return "0" end
  if sub(record, 1, #own) ~= own then
    local word = match(record, "^(%S+) " .. run .. " ")
    if word == "no_code" then return "3" end
    return word and word ~= "claimed" and "2" or "0"
  end
  local at, multi, e, f = match(record, "^%d+ (%d+) (%d) %d+ (%-?%d+) (%S+) %d+\n", #own + 1)
  if not f then return "0" end
  -- The same as final_record writes, built inline because this is the last step of every message.
  call("HSET", ledger, id, outcome .. " " .. run .. " " .. attempts .. at_ms .. errcode .. " " .. f .. " " .. msgid
    .. " " .. multi .. " " .. e)
  if tonumber(at) < long_ago then call("PEXPIRE", ledger, ttl) end
  return "1"
end

local replies = {}
for outcome, attempts, errcode, msgid in string.gmatch(ARGV[4], "(%S+) (%S+) (%S+) (%S+)") do
  local i = #replies + 1
  replies[i] = settle(KEYS[i], outcome, attempts, errcode, msgid)
end
return table.concat(replies)
