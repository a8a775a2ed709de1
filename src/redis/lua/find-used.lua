-- fragment: which codes a user's ledger has as used up, for the scripts that append codes; and what looking at it costs.

-- A platform takes no code for more messages than this, which is what a payment is good for.
local MOST_USES = 3

-- The call's budget, in units of a short entry.
local left = 0

local function spend(text)
  left = left - 1 - math.floor(#text / 64)
end

-- The formId in a record, and how it may be used: 0 for one message, 2 for any number, else for several; nil for a record without a code.
local function read_record(record)
  local multi, form_id = match(record, "^claimed %S+ %d+ %d+ (%d) %d+ %-?%d+ (%S+) %d+\n")
  if form_id then return form_id, multi end
  form_id, multi = match(record, "^%S+ %S+ %d+ %d+ %S+ (%S+) %S+ (%d) %-?%d+$")
  if form_id ~= "-" then return form_id, multi end
end

-- How many records of a ledger name a formId, and how it may be used. A ledger holds one
-- short record a broadcast of the last days, so it comes in one piece.
local function count_records(ledger)
  local uses, any = {}, false
  -- What is not a hash has no records: the error that comes then is a table without any.
  for _, record in ipairs(try_read("HVALS", ledger)) do
    spend(record)
    local form_id, multi = read_record(record)
    if form_id then
      local use = uses[form_id] or { count = 0, multi = 0 }
      uses[form_id] = { count = use.count + 1, multi = math.max(use.multi, tonumber(multi)) }
      any = true
    end
  end
  return any and uses
end

-- Whether a code is surely used up. `uses` is what was left of it when it was written down, and the ledger may know of
-- messages before that: a code with several uses is used up when the records name as many as it can have had.
local function is_used(use, own_uses, multi)
  if not use then return false end
  local several = math.max(use.multi, multi)
  local most = several ~= 0 and several ~= 2 and MOST_USES or 1
  return use.count >= math.max(own_uses, most)
end
