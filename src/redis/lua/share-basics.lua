-- fragment: shared basics of the scripts that work on pools and ledgers, placed first in each. Redis creates a script's functions
-- anew for every call, so this file contains only what most of them need.

local find, sub, match = string.find, string.sub, string.match
local MAX_BYTES = 65536

-- Redis' clock in ms: leases and expiry follow one clock, whatever the client's says.
local function now_ms()
  local t = redis.call("TIME")
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

-- The error of a key of another type is returned as a table with `err`; every other error, such as a missing right, is
-- raised: mistaken for an empty pool or ledger, it would go unnoticed.
local function try_read(command, key, ...)
  local reply = redis.pcall(command, key, ...)
  if type(reply) == "table" and reply.err and not find(reply.err, "WRONGTYPE", 1, true) then
    return redis.call(command, key, ...)
  end
  return reply
end

-- Whether a text can be a formId: visible ASCII without spaces. WeChat's developer tools return sentences instead of codes.
local function is_form_id(f)
  return #f <= 128 and find(f, "^[\33-\126]+$") ~= nil and sub(f, 1, 18) ~= "requestFormId:fail"
    and f ~= "undefined" and f ~= "null"
end

-- The usual plain form, with its digits captured; src/pool/read-entry.ts reads it in the same way. The first pattern is for
-- formIds of letters and digits, as nearly all are: a single class matches faster than a set.
local PLAIN_WORD = '^{"formId":"%w+","expire":([1-9]%d*)}$'
local PLAIN = '^{"formId":"[^"\\%z\1-\31]+","expire":([1-9]%d*)}$'

-- The digits of the expiry in an entry of that form, 10 (seconds) or 13 (ms), the only lengths that are certain to be a time;
-- nil for any other entry.
local function read_plain(bytes)
  local digits = match(bytes, PLAIN_WORD) or match(bytes, PLAIN)
  if digits and (#digits == 13 or #digits == 10) and #bytes <= MAX_BYTES then return digits end
end
