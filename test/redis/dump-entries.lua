-- Test only: what read_entry and take_use say about raw entries. Runs behind read-entry.lua and take-code.lua.
--
-- KEYS  none
-- ARGV  raw entries, as many as there are
-- Returns one array an entry, empty when it is not understood; else an array a code: formId, 1 if well-formed,
--       expiry (%.17g), uses or "-", and what taking one use of it leaves (false: nothing) and takes

local replies = {}
for i, raw in ipairs(ARGV) do
  local reply, entry = {}, read_entry(raw)
  for k, code in ipairs(entry and entry.codes or {}) do
    local rest, own = take_use(entry, k)
    reply[k] = { code.f, code.ok and 1 or 0, string.format("%.17g", code.e), tostring(code.u or "-"), rest or false, own }
  end
  replies[i] = reply
end
return replies
