-- fragment: which consents a user's ledger names, for the scripts that append consents: those were spent, or are in hand.

-- The permission in a record of the ledger; nil for what is no record.
local function id_in(record)
  return match(record, "^claimed %S+ %d+ %d+ %d %d+ %-?%d+ (%S+) %d+\n")
    or match(record, "^%S+ %S+ %d+ %d+ %S+ (%S+) %S+ %d %-?%d+$")
end

-- The consents that a ledger names. It holds one short record a broadcast of the last days, so it comes in one piece.
local function read_spent(ledger)
  local spent = {}
  -- What is not a hash has no records: the error that comes then is a table without any.
  for _, record in ipairs(try_read("HVALS", ledger)) do
    local id = id_in(record)
    if id then spent[id] = true end
  end
  return spent
end
