-- The code in a claim was refused (41028, 41029): drops it and claims the user's next one in the same record.
--
-- KEYS  1 pool  2 ledger
-- ARGV  1 broadcastId  2 run  3 ledger lifetime in ms  4 the refused formId  5 budget, as in claim-codes.lua
--       6 pool index to start from  7 errcode of the refusal
-- Returns an array, by its first number:
--       0 not this run's claim
--       1 claimed   as in claim-codes.lua
--       2 no code   expired codes dropped, refused codes dropped from the pool; the record is final: no_code
--       5 more      index to go on from, expired codes dropped, refused codes dropped from the pool

local id, run, ttl, refused = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local pool, ledger = KEYS[1], KEYS[2]
local now = now_ms()

local record = try_read("HGET", ledger, id)
if type(record) ~= "string" then return { 0 } end
local claimed = read_claimed(record)
if not claimed then
  -- The same call again, after its answer was lost: it had found no code.
  if find(record, "no_code " .. run .. " ", 1, true) == 1 then return { 2, 0, 0 } end
  return { 0 }
end
if claimed.run ~= run then return { 0 } end
-- The same call again, after its answer was lost: the next code is in the record already.
if claimed.f ~= refused then return { 1, claimed.f, claimed.e, claimed.multi, claimed.attempt, 0, 0 } end

local found = find_code(pool, tonumber(ARGV[6]), now, refused, { left = tonumber(ARGV[5]) })
if found.pick then return take_found(pool, ledger, id, run, ttl, now, found) end
if not found.more then
  write_record(ledger, id, final_record("no_code", run, claimed.attempt, now, ARGV[7], "-", nil), ttl)
end
local removed = apply_edits(pool, found.edits)
if found.more then return { 5, resume_index(found, removed), found.expired, found.refused } end
return { 2, found.expired, found.refused }
