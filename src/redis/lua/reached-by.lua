-- fragment: whether a user has the message of one of some broadcasts, or may have it, by the ledger.

-- A record of a refusal, or of no permission, says that there was no message. A key that is not a ledger is left to those who read it.
local function is_reached(ledger, ids)
  for _, other in ipairs(ids) do
    local record = redis.pcall("HGET", ledger, other)
    local state = type(record) == "string" and match(record, "^%l+")
    if state == "sent" or state == "unknown" or state == "claimed" then return true end
  end
  return false
end
