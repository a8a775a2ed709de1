-- Takes in codes that clients report: appends to each user's pool those that it does not hold, that were not taken in recently,
-- and that are not used according to the ledger, with an expiry by Redis' clock. Above the cap the oldest plain codes are
-- dropped. The script reads the pool itself if all entries are plain and not too many; otherwise its caller reads the pool,
-- and calls again with the result, which is refused if the pool has changed since.
--
-- KEYS  pool, ledger, seen of the first user, pool, ledger, seen of the second, ...
-- ARGV  1 lifetime of a code in ms  2 maximum valid codes in a pool  3 budget: number of short entries to process in this call
--       then two for each user. One line for each code: its formId, its age in ms, its latest possible expiry in epoch ms, or
--       "-", how many messages it is good for, and its scene, or "-".
--       And what the caller read of the pool, "" for nothing: a line of words (expected number of entries; valid codes; length
--       of its last entry; numbers of the reported codes that it holds, separated by commas, or "."), the last entry, and the
--       oldest of its valid plain entries that may be dropped, oldest first, each after a line feed
-- Returns a text for each user: one letter for each code (t taken, k known, u used, e expired, o over the cap); "?" and Redis'
--       clock in ms: the caller has to read the pool; "-" it has changed since it was read; "~" the call's budget is spent;
--       "!" the pool's key, "#" the key beside it, is of another type. Unless letters are returned, nothing was done

local life, cap = tonumber(ARGV[1]), tonumber(ARGV[2])
left = tonumber(ARGV[3])
local now = now_ms()
local now_text = string.format("%.0f", now)
-- Of a code that was just made.
local whole_life = now + life
local whole_life_text = string.format("%.0f", whole_life)
local call = redis.call

-- For how long, and how many of the most recent codes of a user are remembered: longer than a code lives.
local SEEN_MS, SEEN_MAX = 691200000, "-201"
-- Entries to read at a time: more than nearly all pools have.
local CHUNK = 128
-- Maximum number of codes that one call drops from a pool, after a cap was lowered.
local MAX_DROPS = 256
-- The beginning up to the formId, and the number of other characters in a plain entry: times of 13 digits compare as text.
local START, BESIDES = '{"formId":"', 36

-- The characters of nearly all formIds that PLAIN_WORD does not match.
local PLAIN_DASHED = '^{"formId":"[%w_-]+","expire":([1-9]%d*)}$'

-- The time in ms of a plain entry, as 13 digits, and whether its formId is valid; nil for any other entry.
local function read_time(raw)
  local digits = match(raw, PLAIN_WORD) or match(raw, PLAIN_DASHED)
  local size = #raw - BESIDES
  -- Texts that stand for a missing formId are short.
  if digits and #digits == 13 and size > 9 and size <= 128 then return digits, true end
  digits = read_plain(raw)
  if not digits then return nil end
  local f = match(raw, '^{"formId":"([^"]+)"')
  return #digits == 13 and digits or digits .. "000", is_form_id(f)
end

-- The codes of a report, their fates as far as known, and their numbers by formId.
local function read_report(text)
  local codes, fates, numbers, n = {}, {}, {}, 0
  for f, age, latest, uses, scene in string.gmatch(text, "(%S+) (%d+) (%S+) (%d+) (%S+)") do
    n = n + 1
    local expire, time = whole_life, whole_life_text
    if age ~= "0" or latest ~= "-" then
      expire = whole_life - tonumber(age)
      if latest ~= "-" then expire = math.min(expire, tonumber(latest)) end
      time = string.format("%.0f", expire)
    end
    -- The additional fields of its entry.
    local more = ""
    if uses ~= "1" then more = ',"uses":' .. uses end
    if scene ~= "-" then more = more .. ',"scene":' .. scene end
    codes[n] = { id = f, expire = expire, time = time, uses = tonumber(uses), more = more }
    fates[n] = numbers[f] and "k" or ""
    numbers[f] = numbers[f] or n
  end
  return codes, fates, numbers
end

-- Marks the codes that a piece of a pool of plain entries holds: each entry begins like that, and no formId holds a quote.
local function mark_known(chunk, numbers, fates, known)
  local text = #chunk == 1 and chunk[1] or table.concat(chunk)
  for f, n in pairs(numbers) do
    if not known[f] and find(text, START .. f .. '"', 1, true) then
      fates[n] = "k"
      known[f] = true
    end
  end
end

-- Reads a pool of plain entries. `times`: the times of those of `entries` that are valid, else false; `sorted`: whether they
-- are in ascending order; `head`: the number of expired ones at the head. Returns nil and the reply if that is impossible.
local function look(pool, fates, numbers, is_first)
  local entries, times, known = {}, {}, {}
  local place, valid, head, sorted, newest = 0, 0, 0, true, ""
  while true do
    local chunk = try_read("LRANGE", pool, place, place + CHUNK - 1)
    if chunk.err then return nil, "!" end
    for _, raw in ipairs(chunk) do
      left = left - (#raw < 128 and 1 or math.floor(#raw / 64))
      if left < 0 then return nil, is_first and "?" .. now_text or "~" end
      local time, is_good = read_time(raw)
      if not time then return nil, "?" .. now_text end
      place = place + 1
      entries[place], times[place] = raw, false
      if time <= now_text then
        if head == place - 1 then head = place end
      elseif is_good then
        valid = valid + 1
        times[place] = time
        if time < newest then sorted = false end
        newest = time
      end
    end
    if #chunk > 0 then mark_known(chunk, numbers, fates, known) end
    if #chunk < CHUNK then break end
  end
  return { entries = entries, times = times, known = known, valid = valid, head = head, sorted = sorted, newest = newest }
end

-- The same for a pool that the caller has read, if it has not changed since.
local function take_held(pool, held, fates, codes)
  local length, valid, size, known, at = match(held, "^(%d+) (%d+) (%d+) (%S+)\n()")
  local kind = call("TYPE", pool).ok
  if kind ~= "list" and kind ~= "none" then return nil, "!" end
  local last = sub(held, at, at + tonumber(size) - 1)
  if call("LLEN", pool) ~= tonumber(length) then return nil, "-" end
  if length ~= "0" and call("LINDEX", pool, -1) ~= last then return nil, "-" end
  local state = { entries = {}, times = {}, known = {}, valid = tonumber(valid), head = 0, sorted = true, newest = "" }
  for n in string.gmatch(known, "%d+") do
    fates[tonumber(n)] = "k"
    state.known[codes[tonumber(n)].id] = true
  end
  for raw in string.gmatch(sub(held, at + tonumber(size)), "\n([^\n]+)") do
    local n = #state.entries + 1
    state.entries[n], state.times[n] = raw, read_time(raw)
    state.newest = state.times[n]
  end
  state.is_held = true
  return state
end

-- Enters the codes that are used, were taken in before, or are expired. Returns false when the key beside the pool is of
-- another type.
local function drop_known(ledger, seen, codes, fates)
  local uses
  for n, code in ipairs(codes) do
    if fates[n] == "" then
      if uses == nil then uses = count_records(ledger) end
      local at = try_read("ZSCORE", seen, code.id)
      if type(at) == "table" then return false end
      local use = uses and uses[code.id]
      local multi = use and (code.more ~= "" or find(code.id, "^wx%d%d%d%d%d%d%d%d%d%d%d%d%d%d")) and 1 or 0
      if use and is_used(use, code.uses, multi) then
        fates[n] = "u"
      elseif at then
        fates[n] = "k"
      elseif code.expire <= now then
        fates[n] = "e"
      end
    end
  end
  return true
end

-- Numbers of the valid entries, followed by those of the new codes as negative numbers; oldest first, and of two that expire
-- at the same time the one that came first.
local function order_by_age(state, fresh, codes)
  local order, times, places = {}, {}, {}
  local function add(number, time)
    order[#order + 1] = number
    times[number], places[number] = time, #order
  end
  local sorted, newest = state.sorted, state.newest
  for n, time in ipairs(state.times) do
    if time then add(n, time) end
  end
  for _, n in ipairs(fresh) do
    add(-n, codes[n].time)
    sorted = sorted and codes[n].time >= newest
    newest = codes[n].time
  end
  if not sorted then
    table.sort(order, function(a, b)
      if times[a] ~= times[b] then return times[a] < times[b] end
      return places[a] < places[b]
    end)
  end
  return order
end

-- Chooses what to drop if the pool would exceed the cap: the oldest of its plain codes and of the new ones. Marks the new
-- ones among them, and returns the numbers of the entries.
local function choose_drops(state, codes, fates)
  local fresh, drops = {}, {}
  for n in ipairs(codes) do
    if fates[n] == "" then fresh[#fresh + 1] = n end
  end
  local over = math.min(state.valid + #fresh - cap, MAX_DROPS)
  if over <= 0 then return drops end
  local order = order_by_age(state, fresh, codes)
  for n = 1, math.min(over, #order) do
    if order[n] > 0 then drops[#drops + 1] = order[n] else fates[-order[n]] = "o" end
  end
  return drops
end

local function append(pool, codes, fates)
  local entries, count = {}, 0
  for n, code in ipairs(codes) do
    if fates[n] == "" then
      fates[n] = "t"
      count = count + 1
      local f = code.id
      if find(f, '[\\"]') then f = string.gsub(f, '[\\"]', "\\%0") end
      entries[count] = START .. f .. '","expire":' .. code.time .. code.more .. "}"
    end
  end
  if count > 0 then call("RPUSH", pool, unpack(entries)) end
  return count > 0
end

-- A code that another program put into the pool is remembered too, once it was reported.
local function remember(seen, codes, fates, known)
  local members, count = {}, 0
  for n, code in ipairs(codes) do
    if fates[n] == "t" or known[code.id] then
      members[count + 1], members[count + 2] = now_text, code.id
      count = count + 2
    end
  end
  if count == 0 then return end
  call("ZADD", seen, "NX", unpack(members))
  call("ZREMRANGEBYRANK", seen, "0", SEEN_MAX)
  call("PEXPIRE", seen, SEEN_MS)
end

-- Expired codes at the head are dropped too: there may be no other purge.
local function drop(pool, state, drops)
  local head, others = state.head, {}
  for _, n in ipairs(drops) do
    if n == head + 1 and not state.is_held then head = n else others[#others + 1] = state.entries[n] end
  end
  -- The head first: it may hold the same bytes.
  if head > 0 then call("LTRIM", pool, head, "-1") end
  for _, raw in ipairs(others) do call("LREM", pool, "1", raw) end
end

local function take(i, report, held, is_first)
  local pool, seen = KEYS[i], KEYS[i + 2]
  if left <= 0 and not is_first then return "~" end
  local codes, fates, numbers = read_report(report)
  local state, reply
  if held == "" then
    state, reply = look(pool, fates, numbers, is_first)
  else
    state, reply = take_held(pool, held, fates, codes)
  end
  if not state then return reply end
  if not drop_known(KEYS[i + 1], seen, codes, fates) then return "#" end
  local drops = choose_drops(state, codes, fates)
  -- In this order: a code that is remembered but missing in the pool would be lost.
  local is_pushed = append(pool, codes, fates)
  remember(seen, codes, fates, state.known)
  if is_pushed then drop(pool, state, drops) end
  return table.concat(fates)
end

local replies, at = {}, 4
for i = 1, #KEYS, 3 do
  replies[#replies + 1] = take(i, ARGV[at], ARGV[at + 1], i == 1)
  at = at + 2
end
return replies
