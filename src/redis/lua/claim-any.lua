-- fragment: the claim of one user in general, for claim-codes.lua: whatever record there is, whatever the pool holds. The
-- body of a function of that script's arguments, so that a call with nothing but usual users makes none of its functions.

local id, run, ttl, now, dry, dead = with.id, with.run, with.ttl, with.now, with.dry, with.dead
local sighting, again = with.sighting, with.again
local budget = { left = with.budget }

local function describe_claim(status, claimed)
  return { status, claimed.f, claimed.e, claimed.multi, claimed.attempt, 0, 0 }
end

-- For a dry run: whether the pool holds no valid code from an index on, 1 or 0; or 2 and where to look on, when the budget is spent.
local function is_bare(pool, from)
  local found = find_code(pool, from, now, nil, budget)
  if found.pick then return 0, 0 end
  if found.more then return 2, found.more end
  return 1, 0
end

-- The same for what is left when the found code is used.
local function leaves_bare(pool, pick)
  for k, code in ipairs(pick.entry.codes) do
    if code.ok and (k ~= pick.k or (code.u or 1) > 1) then return 0, 0 end
  end
  return is_bare(pool, pick.index + 1)
end

-- Same code, next attempt: the platform refuses a code that was used, so this can't deliver twice.
local function take_over(pool, ledger, claimed)
  claimed.attempt = claimed.attempt + 1
  if not dry then
    local line = string.format("claimed %s %d %.0f %d %d %s %s %d\n", run, claimed.attempt, now, claimed.multi,
      claimed.k, claimed.e, claimed.f, claimed.size)
    write_record(ledger, id, line .. claimed.body, ttl)
  end
  local reply = describe_claim(1, claimed)
  if dry then reply[8], reply[9] = is_bare(pool, 0) end
  return reply
end

local function is_listed(list, word)
  return find(list, " " .. word .. " ", 1, true) ~= nil
end

-- The reply to a claim of somebody whose outcome in an earlier run is tried again: says which that was.
local function retried(reply, outcome)
  reply[8], reply[9], reply[10] = reply[8] or "-", reply[9] or 0, outcome
  return reply
end

local function describe_final(final, own)
  return { 3, final.outcome, own and 1 or 0, final.attempts, final.at, final.errcode, final.f, final.msgid }
end

-- The reply for a user with a final record; nil, and the record when it is tried again, when the user may be claimed anew.
local function from_final(pool, ledger, final)
  -- A user who had no code left may have got a new one since.
  if final.outcome == "no_code" then return nil, final end
  local own = final.run == run
  if not own and is_listed(again, final.outcome) then
    if final.outcome ~= "unknown" then return nil, final end
    local before = { attempt = final.attempts, multi = final.multi, k = 0, e = final.e, f = final.f, size = 0, body = "" }
    return retried(take_over(pool, ledger, before), final.outcome)
  end
  return describe_final(final, own)
end

-- The reply for a user with a record; nil when the record does not stand in the way of a claim.
local function from_record(pool, ledger, record)
  local claimed = read_claimed(record)
  if not claimed then
    local final = read_final(record)
    if not final then return { 7, "the ledger holds a record that is not push-cli's" } end
    return from_final(pool, ledger, final)
  end
  if claimed.run == run then return describe_claim(6, claimed) end
  if is_listed(dead, claimed.run) then return take_over(pool, ledger, claimed) end
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
    local bare, more = leaves_bare(pool, found.pick)
    return { 1, code.f, string.format("%.0f", code.e), multi_of(code.u, code.f), 1, found.expired, 0, bare, more }
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

-- Whether a record is this very run's: a claim, or the note that a pool went with its last expired code.
local function is_mine(record, pool)
  if find(record, "claimed " .. run .. " ", 1, true) == 1 then return true end
  return find(record, "no_code " .. run .. " 0 ", 1, true) == 1 and redis.call("TYPE", pool).ok == "none"
end

-- The claim of a user whom no record stands in the way of; `before`: the outcome of an earlier run that is tried again.
local function claim_anew(pool, ledger, from, before)
  if budget.left <= 0 then return { 5, from, 0, 0 } end
  local kind = redis.call("TYPE", pool).ok
  local reply
  if kind == "none" then
    reply = { 2, 0, 0 }
  elseif kind ~= "list" then
    reply = { 7, "the pool is a " .. kind .. ", not a list" }
  else
    reply = claim_from(pool, ledger, from)
  end
  if not before or reply[1] == 5 then return reply end
  if reply[1] == 1 then return retried(reply, before.outcome) end
  if before.outcome == "no_code" then return reply end
  -- There is no other code to try it with, and so the outcome stays.
  local stays = describe_final(before, false)
  if reply[1] == 2 then stays[9] = reply[2] end
  return stays
end

-- Who ran out of codes and has a pool again is met by that, like one without a record, and within the limit like those.
local function has_pool_again(record, pool)
  return find(record, "no_code ", 1, true) == 1 and redis.call("TYPE", pool).ok == "list"
end

-- Whether a user is to be met, or was met already, under the other one of the two keys.
local function is_elsewhere(record, pool)
  if sighting == "ledger" then return not record or has_pool_again(record, pool) end
  -- What this very run has written is either the same call again, its answer lost, or known to the caller.
  return sighting == "pool" and record and not is_mine(record, pool) and not has_pool_again(record, pool)
end

local function claim(pool, ledger, from)
  local record = try_read("HGET", ledger, id)
  if type(record) == "table" then return { 7, record.err } end
  if is_elsewhere(record, pool) then return { 8 } end
  if not record then return claim_anew(pool, ledger, from) end
  local known, before = from_record(pool, ledger, record)
  return known or claim_anew(pool, ledger, from, before)
end

return claim
