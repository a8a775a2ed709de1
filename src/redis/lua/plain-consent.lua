-- fragment: the plain form of a consent, as push-cli and the collector write it; src/pool/consent.ts reads it in the same way. Ids
-- with unusual characters are left to src/pool/consent.ts.

local PLAIN_CONSENT = '^{"consent":"([%w_.:-]+)","at":(1%d%d%d%d%d%d%d%d%d%d%d%d)(.*)}$'

-- Its id, the digits of its time in ms, and whether it is standing; nil for an entry of any other form.
local function read_plain_consent(bytes)
  local c, at, rest = match(bytes, PLAIN_CONSENT)
  if not c or #c > 128 or c == "-" then return nil end
  if rest ~= "" and rest ~= ',"standing":true' then return nil end
  return c, at, rest ~= ""
end
