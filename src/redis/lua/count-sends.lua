-- fragment: whether other broadcasts have sent to a user as often as caps allow, by the ledger, of which a bounded number of
-- records is read.

-- Records of other broadcasts in a ledger that is read, and of all ledgers in a call: about two milliseconds of Redis' time. More
-- than the first has only a user who got so many broadcasts without a pause of eight days, after which Redis forgets a ledger.
local MAX_NOTED, looks = 1024, 4096
local TOO_MANY = "too many"

-- The fields of a ledger, each followed by its record; TOO_MANY; or nil when the call has no room left to read them. What is no
-- ledger is left to those who read it.
local function read_noted(ledger)
  local noted = try_read("HLEN", ledger)
  if type(noted) ~= "number" or noted == 0 then return {} end
  if noted > MAX_NOTED + 1 then return TOO_MANY end
  if looks <= 0 then return nil end
  looks = looks - noted
  return redis.call("HGETALL", ledger)
end

-- By the records that is_reached goes by, but for that of the broadcast that asks: what it writes must not change what it decided.
-- Of a ledger with too many others it is not known, so that the user is rather spared a message.
local function is_capped(noted, own, caps)
  if noted == TOO_MANY then return true end
  local counts, others = {}, 0
  for i = 1, #noted, 2 do
    if noted[i] ~= own then
      others = others + 1
      local state, at = match(noted[i + 1], "^(%l+) %S+ %d+ (%d+)")
      if state == "sent" or state == "unknown" or state == "claimed" then
        for n, cap in ipairs(caps) do
          if tonumber(at) >= cap.since then counts[n] = (counts[n] or 0) + 1 end
          if counts[n] == cap.count then return true end
        end
      end
    end
  end
  return others > MAX_NOTED
end
