-- fragment: which codes are used up according to a user's ledger, for the scripts that append codes; and the cost of reading it.

-- No platform accepts a code for more messages than this, which is what a payment is good for.
local MAX_USES = 3

-- The remaining budget of the call, in units of a short entry.
local left = 0

local function spend(text)
  left = left - 1 - math.floor(#text / 64)
end

-- The formId in a record, and how often it may be used: 0 for one message, 2 for any number, anything else for several; nil
-- for a record without a code.
local function read_record(record)
  local multi, form_id = match(record, "^claimed %S+ %d+ %d+ (%d) %d+ %-?%d+ (%S+) %d+\n")
  if form_id then return form_id, multi end
  form_id, multi = match(record, "^%S+ %S+ %d+ %d+ %S+ (%S+) %S+ (%d) %-?%d+$")
  if form_id ~= "-" then return form_id, multi end
end

-- How many records of a ledger name each formId, and how often it may be used. A ledger holds one short record per broadcast
-- since the user's last pause of eight days, so it is read in one piece.
local function count_records(ledger)
  local uses, any = {}, false
  -- A key that is not a hash has no records: its error is a table without any items.
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

-- Whether a code is certain to be used up. `uses` is what was left of it when the entry was written, and the ledger may
-- contain messages from before that: a code with several uses is used up when the records name as many as it can have had.
local function is_used(use, own_uses, multi)
  if not use then return false end
  local several = math.max(use.multi, multi)
  local most = several ~= 0 and several ~= 2 and MAX_USES or 1
  return use.count >= math.max(own_uses, most)
end
