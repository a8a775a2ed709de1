-- Turns claimed records of this run into final ones: the codes are spent.
--
-- KEYS  the ledgers
-- ARGV  1 broadcastId  2 run  3 ledger lifetime in ms  then four a ledger: outcome, attempts, errcode or "-",
--       msgid or "-"
-- Returns one number a ledger: 1 settled, 2 settled by this run before (the same call again), 0 not this run's claim

local id, run, ttl = ARGV[1], ARGV[2], ARGV[3]
local now = now_ms()

local function settle(ledger, at)
  local record = redis.call("HGET", ledger, id)
  if not record then return 0 end
  local claimed = read_claimed(record)
  if claimed then
    if claimed.run ~= run then return 0 end
    write_record(ledger, id,
      final_record(ARGV[at], run, ARGV[at + 1], now, ARGV[at + 2], ARGV[at + 3], claimed), ttl)
    return 1
  end
  return find(record, "^%S+ " .. run .. " ") and 2 or 0
end

local replies = {}
for i, ledger in ipairs(KEYS) do
  replies[i] = settle(ledger, 4 * i)
end
return replies
