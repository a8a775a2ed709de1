-- fragment: whether other broadcasts have sent to a user as often as caps allow, by the ledger, of which a bounded number of
-- records is read.

-- Records of other broadcasts in a ledger that is read, and of all ledgers in a call: about two milliseconds of Redis' time. More
-- than the first has only a user who got so many broadcasts without a pause of eight days, after which Redis forgets a ledger.
local MAX_NOTED, looks = 1024, 4096
local TOO_MANY = "too many"

-- The records of a ledger by HVALS, or by HGETALL with each one's broadcast before it; TOO_MANY; or nil when the call has no room
-- left to read them. `own`: the broadcast that asks, whose record does not count; `least`: fewer records than that are of no
-- interest. A key that is not a ledger is left to those who read it.
local function read_noted(ledger, own, command, least)
  local noted = try_read("HLEN", ledger)
  if type(noted) ~= "number" or noted < least then return {} end
  if noted > MAX_NOTED and (noted > MAX_NOTED + 1 or not try_read("HGET", ledger, own)) then return TOO_MANY end
  if looks <= 0 then return nil end
  looks = looks - noted
  -- By name, so that the hint about a missing right names them.
  if command == "HVALS" then return redis.call("HVALS", ledger) end
  return redis.call("HGETALL", ledger)
end

-- How many records a ledger has at least of which a cap is reached.
local function least_of(caps)
  local least = caps[1].count
  for _, cap in ipairs(caps) do least = math.min(least, cap.count) end
  return least
end

-- By the records that is_reached goes by. That of the broadcast that asks is none of them: of a user who is still to be decided
-- about it says at most that there was no permission. Nor does an id look like a record. Of a ledger with too many it is not
-- known, so that the user is rather spared a message.
local function is_capped(noted, caps)
  if noted == TOO_MANY then return true end
  local counts = {}
  for _, text in ipairs(noted) do
    local state, at = match(text, "^(%l+) %S+ %d+ (%d+)")
    if state == "sent" or state == "unknown" or state == "claimed" then
      for n, cap in ipairs(caps) do
        if tonumber(at) >= cap.since then counts[n] = (counts[n] or 0) + 1 end
        if counts[n] == cap.count then return true end
      end
    end
  end
  return false
end
