-- Removes all consents of some templates if their pools hold nothing else and not too many; the caller has to clear other
-- pools (src/redis/withdraw-consents.ts) and then call again. Consents that were given before and are reported later add
-- nothing any more: see take-consents.lua, which lists the members of seen.
--
-- KEYS  1 seen  then the pool of each template; all of one user, and in one slot
-- ARGV  1 word that identifies the withdrawal when repeated  2 budget: number of short entries to process in this call
--       then two for each template: its id, and "1" when the caller has cleared the pool, else "0"
-- Returns a text for each template: how many consents were removed; "k" already withdrawn by this call before; "?" the caller
--       has to clear the pool; "!" its key is not a list, "#" seen is not a sorted set, and nothing was done

local seen, word = KEYS[1], ARGV[1]
left = tonumber(ARGV[2])
local now = now_ms()
local is_noted = false

local function withdraw(pool, template, is_cleared)
  local told = "x " .. template .. " " .. word
  local before = try_read("ZSCORE", seen, told)
  if type(before) == "table" then return "#" end
  if before then return "k" end
  local count = 0
  if not is_cleared then
    local reply = visit_pool(pool, function() count = count + 1 end)
    if reply == "!" then return reply end
    note(seen, now, "w " .. template)
    is_noted = true
    if reply then return reply end
    if count > 0 then redis.call("LTRIM", pool, count, "-1") end
  end
  -- Last: a withdrawal that was not completed must not count as known when it is repeated.
  note(seen, now, told)
  is_noted = true
  return tostring(count)
end

local replies, at = {}, 3
for n = 2, #KEYS do
  replies[#replies + 1] = withdraw(KEYS[n], ARGV[at], ARGV[at + 1] == "1")
  at = at + 2
end
if is_noted then trim_seen(seen, now) end
return replies
