-- fragment: which consents a user's ledger names, for the scripts that append consents: those are spent, or currently claimed.

-- The permission in a record of the ledger; nil if the text is not a record.
local function id_in(record)
  return match(record, "^claimed %S+ %d+ %d+ %d %d+ %-?%d+ (%S+) %d+\n")
    or match(record, "^%S+ %S+ %d+ %d+ %S+ (%S+) %S+ %d %-?%d+$")
end

-- The consents that a ledger names. It holds one short record per broadcast since the user's last pause of eight days,
-- so it is read in one piece.
local function read_spent(ledger)
  local spent = {}
  -- A key that is not a hash has no records: its error is a table without any items.
  for _, record in ipairs(try_read("HVALS", ledger)) do
    local id = id_in(record)
    if id then spent[id] = true end
  end
  return spent
end
