-- Puts claimed codes that surely were not consumed back at the left of their pools. The record goes, or becomes
-- final when an outcome is given (40003: the user is rejected, the code is still good).
--
-- KEYS  pool, ledger of the first user, pool, ledger of the second, ...
-- ARGV  1 broadcastId  2 run  3 ledger lifetime in ms  4 outcome or ""  5 attempts  6 errcode or "-"
-- Returns one number a user: 1 released, or settled so before (the same call again), 0 not this run's claim,
--       released before, without bytes to put back, or without a list to put them back to

local id, run, ttl, outcome = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local now = now_ms()

local function release(pool, ledger)
  local record = try_read("HGET", ledger, id)
  if type(record) ~= "string" then return 0 end
  local claimed = read_claimed(record)
  if not claimed then
    local final = read_final(record)
    return final and final.outcome == outcome and final.run == run and 1 or 0
  end
  if claimed.run ~= run or claimed.own == "" then return 0 end
  local kind = redis.call("TYPE", pool).ok
  if kind ~= "list" and kind ~= "none" then return 0 end
  put_back(pool, claimed)
  if outcome == "" then
    redis.call("HDEL", ledger, id)
  else
    write_record(ledger, id, final_record(outcome, run, ARGV[5], now, ARGV[6], "-", nil), ttl)
  end
  return 1
end

local replies = {}
for i = 1, #KEYS, 2 do
  replies[#replies + 1] = release(KEYS[i], KEYS[i + 1])
end
return replies
