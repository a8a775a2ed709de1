-- fragment: the plain form of a consent, as push-cli and the collector write it, which src/pool/consent.ts reads alike. Ids of
-- other characters than the usual ones are left to that.

local PLAIN_CONSENT = '^{"consent":"([%w_.:-]+)","at":(1%d%d%d%d%d%d%d%d%d%d%d%d)(.*)}$'

-- Its id, the digits of its time in ms and whether it is a standing one; nil for an entry of any other form.
local function read_plain_consent(bytes)
  local c, at, rest = match(bytes, PLAIN_CONSENT)
  if not c or #c > 128 or c == "-" then return nil end
  if rest ~= "" and rest ~= ',"standing":true' then return nil end
  return c, at, rest ~= ""
end
