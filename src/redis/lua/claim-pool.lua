-- Takes the first valid code off one user's pool, in one step that nobody can come between. For backends that send messages
-- of their own. It knows entries that are JSON objects with the fields formId and expire (a number, epoch ms or s), whatever
-- else they hold; expired ones met on the way are dropped, and every other entry stays where it is. Of a code with several
-- uses it takes one. The pool is never given a lifetime. Needs Redis 6.2 or newer.
--
-- KEYS  1 the pool
-- ARGV  1 list index to go on from: 0, or what the call before has answered
-- Returns an array, by its first number:
--       0 no code   the pool has no valid code
--       1 claimed   formId, when it expires (epoch ms, as text), the entry: its bytes, to be put back at the left end of the
--                   pool (LPUSH) when the message surely was not sent
--       2 more      the pool is long: list index to go on from

-- Entries that a call looks at, and how long one may be: about a millisecond of Redis' time.
local BUDGET, MOST_BYTES = 400, 65536
-- Stands for a removed element between LSET and LREM; no writer's entry starts with these bytes.
local TOMBSTONE = "\0push-cli:removed"

local pool, from = KEYS[1], tonumber(ARGV[1] or 0)
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- A formId is visible ASCII without spaces; the developer tools' excuses are words, not codes.
local function is_form_id(f)
  return #f <= 128 and string.find(f, "^[\33-\126]+$") and string.sub(f, 1, 18) ~= "requestFormId:fail"
    and f ~= "undefined" and f ~= "null"
end

-- Seconds have 10 digits, milliseconds 13, microseconds 16, nanoseconds 19; all else merely looks like a time.
local function to_ms(time)
  if time >= 1e9 and time < 1e10 then return math.floor(time * 1000) end
  if time >= 1e12 and time < 1e13 then return math.floor(time) end
  if time >= 1e15 and time < 1e16 then return math.floor(time / 1e3) end
  if time >= 1e18 and time < 1e19 then return math.floor(time / 1e6) end
end

-- The formId, its expiry in ms and its uses (nil when the entry says nothing of them); nothing for any other entry.
local function read_code(raw)
  if #raw > MOST_BYTES or not string.find(raw, "^%s*{") then return end
  local ok, entry = pcall(cjson.decode, raw)
  if not ok or type(entry.formId) ~= "string" or type(entry.expire) ~= "number" then return end
  local expire, uses = entry.expire, entry.uses
  if uses == cjson.null then uses = nil end
  if uses ~= nil and (type(uses) ~= "number" or uses < 1 or uses > 1000 or uses % 1 ~= 0) then return end
  expire = to_ms(expire)
  if expire then return entry.formId, expire, uses or 1 end
end

-- The entry with another number of uses; nil when it is not plain where that stands.
local function set_uses(raw, uses)
  local text, count = string.gsub(raw, '("uses"%s*:%s*)%d+', "%1" .. uses)
  if count == 1 then return text end
end

-- A code that is taken though it stays in its pool, for want of a right, would be used twice.
local function check_write(command)
  local err = redis.pcall(command, pool, "-", "-").err
  if not string.find(err, "not an integer", 1, true) then redis.call(command, pool, "-", "-") end
end

-- Which of the entries to drop: the expired ones before the first valid code; that, its index and what stays of it.
local function find_code(entries)
  local drop = {}
  for n, raw in ipairs(entries) do
    local form_id, expire, uses = read_code(raw)
    local is_valid = form_id and expire > now and is_form_id(form_id)
    if form_id and expire <= now then
      drop[#drop + 1] = from + n - 1
    elseif is_valid and uses == 1 then
      drop[#drop + 1] = from + n - 1
      return drop, { 1, form_id, string.format("%.0f", expire), raw }
    elseif is_valid and set_uses(raw, 1) then
      local reply = { 1, form_id, string.format("%.0f", expire), set_uses(raw, 1) }
      return drop, reply, from + n - 1, set_uses(raw, string.format("%.0f", uses - 1))
    end
  end
  return drop
end

-- What is not a list has no entries: the error that comes then is a table without any.
local entries = redis.pcall("LRANGE", pool, from, from + BUDGET - 1)
if entries.err and not string.find(entries.err, "WRONGTYPE", 1, true) then redis.call("LRANGE", pool, from, from) end
local drop, reply, index, rest = find_code(entries)
if #drop > 0 or rest then
  check_write("LSET")
  if #drop > 0 then check_write("LREM") end
  if rest then redis.call("LSET", pool, index, rest) end
  for _, at in ipairs(drop) do redis.call("LSET", pool, at, TOMBSTONE) end
  if #drop > 0 then redis.call("LREM", pool, #drop, TOMBSTONE) end
end
if reply then return reply end
if #entries == BUDGET then return { 2, from + BUDGET - #drop } end
return { 0 }
