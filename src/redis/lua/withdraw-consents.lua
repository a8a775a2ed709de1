-- Takes all consents of some templates back, where their pools hold nothing else and not too many; others are for the caller to
-- clear (src/redis/withdraw-consents.ts), who then calls again. What was given before, and is told of later, adds nothing any more: see
-- take-consents.lua, which has the members of seen.
--
-- KEYS  1 seen  then the pool of each template; all of one user, and in one slot
-- ARGV  1 word by which the withdrawal is known again  2 budget: how many short entries to look at in this call
--       then two for each template: its id, and "1" when the caller has cleared the pool, else "0"
-- Returns a text a template: how many consents went; "k" it was taken back by this call before; "?" the pool is to be cleared;
--       "!" its key is no list, "#" seen is no sorted set, and nothing was done

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
  -- Last: what is not done is not known when it comes again.
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
