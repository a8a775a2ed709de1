-- Takes in what one event or one report says about a user's consents: appends one to each template's pool, unless it was
-- reported before, by this source or by the other, or was given before a withdrawal. Repeating the call changes nothing.
--
-- KEYS  1 ledger  2 seen  then the pool of each template; all of one user, and in one slot
-- ARGV  1 source: "e" event, "r" report  2 word that identifies it when repeated  3 epoch ms when they were given, or "-"
--       4 or how long ago, in ms  5 maximum age of a consent in ms, "0" for any age  6 maximum valid ones in a pool, or "-"
--       7 budget: number of short entries to process in this call  8 id of the consents
--       then two for each template: its id and, after a space, 1 if its consents are standing, else 0; and what the caller read
--       of the pool, "" for nothing: a line of words (expected number of entries; valid consents; whether it holds that id, 1 or
--       0; whether it holds a standing one), and its last entry
-- Returns a text for each template: t taken, k known, p paired with the other source, o over the cap, e too old or withdrawn
--       since; "?" the caller has to read the pool; "-" it has changed since it was read; "!" its key is not a list, "#" seen is
--       not a sorted set

-- Members of seen, scored by the time of what they stand for: "<source>+ <template> <word>", "<source>= ..." when it is
-- paired, "w <template>" for the last withdrawal, "x <template> <word>" for each.
local ledger, seen = KEYS[1], KEYS[2]
local source, word, id = ARGV[1], ARGV[2], ARGV[8]
local max_age, cap = tonumber(ARGV[5]), tonumber(ARGV[6])
left = tonumber(ARGV[7])
local now = now_ms()
-- A time in the future counts as now: the other clock is ahead.
local given = math.min(tonumber(ARGV[3]) or now - tonumber(ARGV[4]), now)
local PAIR_MS = 600000
local other = source == "e" and "r+ " or "e+ "
local call = redis.call
local spent, marks
local is_noted = false

local function remember(sign, template)
  note(seen, given, source .. sign .. " " .. template .. " " .. word)
  is_noted = true
end

-- The oldest mark of the other source that is close enough in time, not paired yet, and on the same side of a withdrawal.
local function find_mark(template, withdrawn)
  local function text(time) return string.format("%.0f", time) end
  marks = marks or call("ZRANGEBYSCORE", seen, text(given - PAIR_MS), text(given + PAIR_MS), "WITHSCORES")
  local head = other .. template .. " "
  for n = 1, #marks, 2 do
    if sub(marks[n], 1, #head) == head and tonumber(marks[n + 1]) > withdrawn then return marks[n], marks[n + 1] end
  end
end

local function pair(mark, time, template)
  call("ZADD", seen, time, sub(mark, 1, 1) .. "=" .. sub(mark, 3))
  remember("=", template)
  call("ZREM", seen, mark)
end

local function look(pool)
  local state = { valid = 0, has_id = false, stands = false }
  local reply = visit_pool(pool, function(its_id, at, standing)
    if its_id == id then state.has_id = true end
    local is_old = max_age > 0 and at + max_age <= now
    if standing and not is_old then state.stands = true end
    if not standing and not is_old then state.valid = state.valid + 1 end
  end)
  return state, reply
end

-- The same for a pool that the caller has read, if it has not changed since.
local function take_held(pool, held)
  local length, valid, has_id, stands, at = match(held, "^(%d+) (%d+) (%d) (%d)\n()")
  local kind = call("TYPE", pool).ok
  if kind ~= "list" and kind ~= "none" then return nil, "!" end
  if call("LLEN", pool) ~= tonumber(length) then return nil, "-" end
  if length ~= "0" and call("LINDEX", pool, -1) ~= sub(held, at) then return nil, "-" end
  return { valid = tonumber(valid), has_id = has_id == "1", stands = stands == "1" }
end

local function is_known(state, is_standing)
  if state.has_id or (is_standing and state.stands) then return true end
  if is_standing then return false end
  spent = spent or read_spent(ledger)
  return spent[id]
end

local function grant(pool, template, is_standing, held)
  local told = template .. " " .. word
  local before = try_read("ZSCORE", seen, source .. "+ " .. told)
  if type(before) == "table" then return "#" end
  if before or call("ZSCORE", seen, source .. "= " .. told) then return "k" end
  local withdrawn = tonumber(call("ZSCORE", seen, "w " .. template) or 0)
  if given <= now - DAY_MS or given <= withdrawn then return "e" end
  if max_age > 0 and given + max_age <= now then return "e" end
  local mark, time = find_mark(template, withdrawn)
  if mark then
    pair(mark, time, template)
    return "p"
  end
  local state, reply
  if held == "" then state, reply = look(pool) else state, reply = take_held(pool, held) end
  if reply then return reply end
  local known = is_known(state, is_standing)
  if not known then
    if not is_standing and cap and state.valid >= cap then return "o" end
    local standing = is_standing and ',"standing":true' or ""
    call("RPUSH", pool, string.format('{"consent":"%s","at":%.0f%s}', id, given, standing))
  end
  remember("+", template)
  return known and "k" or "t"
end

local replies, at = {}, 9
for n = 3, #KEYS do
  local template, standing = match(ARGV[at], "^(%S+) (%d)$")
  replies[#replies + 1] = grant(KEYS[n], template, standing == "1", ARGV[at + 1])
  at = at + 2
end
if is_noted then trim_seen(seen, now) end
return replies
